// echod: to be written.
#include "tools/cli.h"

namespace sockbox::tools {

int echod(Args args, Io io) {
    Common common;
    Cli cli("echod", "To be written.", {"[OPTION]..."});
    cli.common(common);
    if (const auto status = cli.parse(args, io))
        return *status;
    return finish(io, "echod", exit_ok);
}

}  // namespace sockbox::tools
