// udpecho: to be written.
#include "tools/cli.h"

namespace sockbox::tools {

int udpecho(Args args, Io io) {
    Common common;
    Cli cli("udpecho", "To be written.", {"[OPTION]..."});
    cli.common(common);
    if (const auto status = cli.parse(args, io))
        return *status;
    return finish(io, "udpecho", exit_ok);
}

}  // namespace sockbox::tools
