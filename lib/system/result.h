// Errors as values: Result<T> is a T, or an Error that describes what failed.
#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace sockbox::net {

// A failure. The function that made the failing call fills it in; callers pass it on unchanged.
//
//     auto socket = Socket::open(Family::ipv4, Transport::tcp);
//     if (!socket)
//         return fail(socket.error());
struct Error {
    std::error_code code;  // can be compared with std::errc on every platform
    std::string action;    // what failed, such as "bind"
    std::string subject;   // what it was applied to, such as "[::]:3490"; may be empty
    std::string detail;    // printed instead of the code's own text; often empty
    std::string hint;      // how to fix it, for users; often empty

    // One line without the hint: "bind [::]:3490: Address already in use (EADDRINUSE)".
    std::string message() const;
    // The reason alone: "Address already in use". Empty if neither code nor detail is set.
    std::string reason() const;
};

// What a function that can fail returns: a value, or the failure.
template <class T>
using Result = tl::expected<T, Error>;
// Success without a value, or the failure.
using Status = Result<void>;

// The symbol of a code as the system defines it ("ECONNREFUSED", "EAI_NONAME", "WSAECONNREFUSED");
// empty if it has none.
std::string_view symbol(const std::error_code& code) noexcept;

// Kinds of failures that several callers treat alike.
// The process or the system has no descriptor left (EMFILE, ENFILE).
bool no_descriptor_left(const std::error_code& code) noexcept;
// The same, or no memory is left: whatever is tried next fails as well.
bool no_resources_left(const std::error_code& code) noexcept;
// The user may not do this (EPERM, EACCES).
bool is_not_permitted(const std::error_code& code) noexcept;

// To return a failure as any Result.
inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

// A failure with platform::last_error(): to be called right after the failed system call.
tl::unexpected<Error> fail_last(std::string_view action, std::string_view subject = {});

// A failure to parse a text, such as "'1ss' is not a duration (…)". The code is
// std::errc::invalid_argument.
tl::unexpected<Error> fail_text(std::string detail);

}  // namespace sockbox::net
