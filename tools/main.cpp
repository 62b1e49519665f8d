// The only main: of one command where SOCKBOX_COMMAND names it, else of all of them.
#include <string>
#include <vector>

#include "net/platform.h"
#include "tools/multicall.h"
#include "tools/tools.h"

int main(int argc, char** argv) {
    using namespace sockbox;
    net::platform::use_binary_streams();
    tools::Output out(1, tools::Output::Buffering::full);
    tools::Output err(2, tools::Output::Buffering::none);
    const tools::Io io{0, out, err};
    std::vector<std::string> words = net::platform::arguments(argc, argv);
#ifdef SOCKBOX_COMMAND
    return tools::SOCKBOX_COMMAND(tools::Args(words).subspan(words.empty() ? 0 : 1), io);
#else
    return tools::multicall(words, io);
#endif
}
