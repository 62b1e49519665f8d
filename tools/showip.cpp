// showip: to be written.
#include "tools/cli.h"

namespace sockbox::tools {

int showip(Args args, Io io) {
    Common common;
    Cli cli("showip", "To be written.", {"[OPTION]..."});
    cli.common(common);
    if (const auto status = cli.parse(args, io))
        return *status;
    return finish(io, "showip", exit_ok);
}

}  // namespace sockbox::tools
