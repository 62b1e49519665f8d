// Error messages and exit statuses common to all commands.
#include "tools/front/command.h"

#include "net/signals.h"
#include "system/resolver_error.h"

namespace sockbox::tools {

void print_error(Io io, std::string_view tool, const net::Error& error) {
    std::string text = fmt::format("{}: {}\n", tool, error.message());
    if (!error.hint.empty())
        text += fmt::format("{}: hint: {}\n", tool, error.hint);
    io.err.write(text);
}

report::Json to_json(const net::Error& error) {
    return report::error_object(net::symbol(error.code), error.code.value(), error.reason());
}

int finish(Io io, std::string_view tool, int status) {
    io.out.flush();
    const std::error_code code = io.out.error();
    if (!code || code == std::errc::broken_pipe)
        return status;
    print_error(io, tool, {code, "write", "standard output", {}, {}});
    return exit_output;
}

int status_of(const net::Error& error) {
    return error.code.category() == net::resolver_category() ? exit_unresolved : exit_refused;
}

int status_of_interrupt() noexcept {
    constexpr int ended_by_signal = 128;  // plus the number of the signal
    return ended_by_signal + net::Interrupts::number();
}

}  // namespace sockbox::tools
