// sockopt: to be written.
#include "tools/cli.h"

namespace sockbox::tools {

int sockopt(Args args, Io io) {
    Common common;
    Cli cli("sockopt", "To be written.", {"[OPTION]..."});
    cli.common(common);
    if (const auto status = cli.parse(args, io))
        return *status;
    return finish(io, "sockopt", exit_ok);
}

}  // namespace sockbox::tools
