// The sandbox of a client that serves metrics: --no-sandbox.
#pragma once

#include <string>
#include <vector>

#include "tools/client/client.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

class ClientConfinement {
  public:
    void declare(Cli& cli);

    // Drops capabilities and enters serve::confine_client(), unless --no-sandbox was given. What
    // the measurement may still need is kept: options of --set and low ports of --source-port, for
    // sockets that are opened later, `output_files` (empty names are ignored) and, if it
    // `reads_files`, the right to read any. Call it once the metrics listen, before any thread
    // starts. Prints what is in force with -v, and always what was skipped.
    void enter(Io io, const ClientOptions& client, std::vector<std::string> output_files,
               bool reads_files) const;

  private:
    bool no_sandbox_ = false;
};

}  // namespace sockbox::tools
