// udpecho --mtu and --trace: what lies between here and the server.
#pragma once

#include "probe/path/path_mtu.h"
#include "probe/path/trace.h"
#include "report/json.h"
#include "tools/client/client.h"
#include "tools/front/cli.h"
#include "tools/udpecho/travel.h"

namespace sockbox::tools {

class Path {
  public:
    Path(Io io, const Client& client, const Travel& travel)
        : io_(io), client_(client), travel_(travel) {}

    // --mtu --trace
    void declare(Cli& cli);
    bool is_wanted() const { return mtu_ || trace_; }
    // What is wrong with the options together, in words; empty where nothing is.
    std::string mistake(const Cli& cli) const;

    // Looks at the way to `target`, whose endpoints are known; the exit status.
    int run(const Target& target);

  private:
    int find_mtu(const Target& target, const net::StopSignal& stop);
    int trace(const Target& target, const net::StopSignal& stop);
    void print(const probe::PathMtu& found, const Target& target) const;
    void print(const probe::Trace& trace, const Target& target) const;

    Io io_;
    const Client& client_;
    const Travel& travel_;
    bool mtu_ = false;
    bool trace_ = false;
};

}  // namespace sockbox::tools
