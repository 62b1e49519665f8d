// Asks for a receive buffer of a size and prints which one the system set, and why it is another.
//
// Usage: receive_buffer SIZE, such as 1M
#include <sockbox/option/grant.h>

#include <cstdio>

using namespace sockbox::net;

static Status ask_for(const std::string& size) {
    platform::start();  // for Windows
    auto socket = Socket::open(Family::ipv4, Transport::tcp);
    if (!socket)
        return fail(socket.error());
    const auto setting = parse_setting("SO_RCVBUF=" + size);
    if (!setting)
        return fail(setting.error());
    const auto& [option, asked] = *setting;
    if (auto done = write_option(*socket, option, asked); !done)
        return done;
    const auto granted = read_option(*socket, option);
    if (!granted)
        return fail(granted.error());
    const Grant grant = explain_grant(option, asked, *granted);
    std::printf("asked %s, granted %s: %s\n", to_text(option.row(), asked).c_str(),
                to_text(option.row(), *granted).c_str(),
                grant.reason.empty() ? "as requested" : grant.reason.c_str());
    if (!grant.hint.empty())
        std::printf("hint: %s\n", grant.hint.c_str());
    const auto kind = kind_of(*socket);
    if (!kind)
        return fail(kind.error());
    for (const std::string& line : buffer_story(*socket, *kind, option, *granted))
        std::printf("  %s\n", line.c_str());
    return {};
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("Usage: receive_buffer SIZE\n", stderr);
        return 1;
    }
    if (const auto done = ask_for(argv[1]); !done) {
        std::fprintf(stderr, "receive_buffer: %s\n", done.error().message().c_str());
        return 3;
    }
}
