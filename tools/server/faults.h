// --fault and --seed: a server that misbehaves on purpose.
#pragma once

#include <memory>

#include "report/json.h"
#include "serve/faults/faults.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

class FaultOptions {
  public:
    void declare(Cli& cli);

    // A fault that none of the transports served can have; empty where there is none.
    std::string mistake(bool tcp, bool udp) const;

    // What was asked for, from now on; null where nothing was.
    std::shared_ptr<const serve::Faults> plan() const;

  private:
    serve::Faults faults_;
    std::optional<std::int64_t> seed_;
};

// ", fault delay=20ms, seed 7" for a ready line; empty where the plan (may be null) does not
// concern that transport.
std::string fault_text(const serve::Faults* plan, net::Transport transport);
// The same as members "faults" and "seed".
void set_faults(report::Json& line, const serve::Faults* plan, net::Transport transport);

}  // namespace sockbox::tools
