// Determines socket kinds on Linux, and duplicates inherited descriptors.
#include "option/socket_kind.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "text/text.h"

namespace sockbox::net {
namespace {

// What one of our descriptors refers to according to /proc, such as "pipe:[4711]"; empty if not
// known.
std::string target_of(int descriptor) {
    std::array<char, 256> target{};
    const auto length = ::readlink(fmt::format("/proc/self/fd/{}", descriptor).c_str(),
                                   target.data(), target.size());
    return length > 0 ? escape({target.data(), static_cast<std::size_t>(length)}) : std::string();
}

}  // namespace

Result<SocketKind> kind_of(const Socket& socket) {
    const auto family = socket.option(SOL_SOCKET, SO_DOMAIN);
    const auto type = socket.option(SOL_SOCKET, SO_TYPE);
    const auto protocol = socket.option(SOL_SOCKET, SO_PROTOCOL);
    if (!family)
        return fail(family.error());
    return SocketKind{*family, type.value_or(0), protocol.value_or(0),
                      socket.option(SOL_SOCKET, SO_ACCEPTCONN).value_or(0) != 0};
}

Result<Socket> duplicate_inherited(int descriptor) {
    const std::string subject = fmt::format("descriptor {}", descriptor);
    Socket duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!duplicate.valid()) {
        Error error = fail_last({}, subject).value();
        if (error.code == std::errc::bad_file_descriptor)
            error.detail = "not open";
        return fail(std::move(error));
    }
    if (auto kind = kind_of(duplicate); !kind) {
        Error error{kind.error().code, {}, subject, {}, {}};
        if (error.code == std::errc::not_a_socket)
            error.detail = fmt::format("not a socket ({})", target_of(descriptor));
        return fail(std::move(error));
    }
    return duplicate;
}

}  // namespace sockbox::net
