// echo: to be written.
#include "tools/cli.h"

namespace sockbox::tools {

int echo(Args args, Io io) {
    Common common;
    Cli cli("echo", "To be written.", {"[OPTION]..."});
    cli.common(common);
    if (const auto status = cli.parse(args, io))
        return *status;
    return finish(io, "echo", exit_ok);
}

}  // namespace sockbox::tools
