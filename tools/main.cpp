// The only main: of one command where SOCKBOX_COMMAND names it, else of all of them.
#include <new>
#include <string>
#include <vector>

#include "net/platform.h"
#include "tools/multicall.h"
#include "tools/tools.h"

namespace sockbox::tools {
namespace {

int run(Args words, Io io) {
#ifdef SOCKBOX_COMMAND
    return SOCKBOX_COMMAND(words.subspan(words.empty() ? 0 : 1), io);
#else
    return multicall(words, io);
#endif
}

}  // namespace
}  // namespace sockbox::tools

int main(int argc, char** argv) {
    using namespace sockbox;
    net::platform::use_binary_streams();
    tools::Output out(1, tools::Output::Buffering::full);
    tools::Output err(2, tools::Output::Buffering::none);
    try {
        return tools::run(net::platform::arguments(argc, argv), {0, out, err});
    } catch (const std::bad_alloc&) {
        err.write("sockbox: out of memory\n");
        return tools::exit_refused;
    }
}
