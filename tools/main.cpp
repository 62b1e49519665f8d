// main() of all programs: of the command SOCKBOX_COMMAND if defined, otherwise of all commands.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "net/signals.h"
#include "system/platform.h"
#include "tools/front/command.h"
#include "tools/multicall.h"

namespace sockbox::tools {
namespace {

int run(Args words, Io io) {
#ifdef SOCKBOX_COMMAND
    return run_as({SOCKBOX_NAME, {}, SOCKBOX_COMMAND}, words, io);
#else
    return multicall(words, io);
#endif
}

// The name that the program was started under, of main()'s arguments.
std::string_view own_name = "sockbox";

// Needs no memory itself.
void print_out_of_memory() noexcept {
    std::fwrite(own_name.data(), 1, own_name.size(), stderr);
    std::fputs(": out of memory\n", stderr);
}

// Ends the process if memory runs out where an exception cannot be caught: in a thread or in a
// noexcept function.
[[noreturn]] void give_up() noexcept {
    try {
        if (const auto reason = std::current_exception())
            std::rethrow_exception(reason);
    } catch (const std::bad_alloc&) {
        print_out_of_memory();
        std::_Exit(exit_refused);
    } catch (...) {
        std::abort();
    }
    std::abort();
}

// Runs before main(), because CLI11 allocates memory for its constants.
[[maybe_unused]] const auto replaced = std::set_terminate(give_up);

}  // namespace
}  // namespace sockbox::tools

int main(int argc, char** argv) {
    using namespace sockbox;
    if (argc > 0)
        tools::own_name = tools::program_name(argv[0]);
    net::hear_signals();
    net::platform::prepare_standard_streams();
    net::platform::ignore_file_size_signal();
    tools::Output out(1, tools::Output::Buffering::full);
    tools::Output err(2, tools::Output::Buffering::none);
    try {
        tools::Io io{0, out, err};
        io.ends_process = true;
        const int status = tools::run(net::platform::arguments(argc, argv), io);
        out.flush();
        net::ignore_late_signals();
        return status;
    } catch (const std::bad_alloc&) {
        tools::print_out_of_memory();
        return tools::exit_refused;
    }
}
