// A failure is a value: Result<T> is a T or an Error that says what was tried, and on what.
#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace sockbox::net {

// What failed. Words are added once, where the system was asked; callers pass an Error on as it is.
struct Error {
    std::error_code code;  // compares with std::errc on every platform
    std::string action;    // what was tried, such as "bind"
    std::string subject;   // on what, such as "[::]:3490"; may be empty
    std::string detail;    // stands in place of the code's own words, where they would mislead
    std::string hint;      // the usual cure; mostly empty

    // One line: "bind [::]:3490: Address already in use (EADDRINUSE)".
    std::string message() const;
    // The reason alone: "Address already in use". Empty if neither code nor detail is set.
    std::string reason() const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// The symbol of a code as its system writes it ("ECONNREFUSED", "EAI_NONAME"); empty if it has
// none.
std::string_view symbol(const std::error_code& code) noexcept;

// Kinds of failures that several callers treat alike.
// The process or the system has no descriptor left (EMFILE, ENFILE).
bool no_descriptor_left(const std::error_code& code) noexcept;
// The same, or no memory is left: whatever is tried next fails as well.
bool no_resources_left(const std::error_code& code) noexcept;
// The user may not do this (EPERM, EACCES).
bool is_not_permitted(const std::error_code& code) noexcept;

inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

// The failure of the system call just made by this thread.
tl::unexpected<Error> fail_last(std::string_view action, std::string_view subject = {});

// A text that does not follow its grammar: "'1ss' is not a duration (…)". The code is
// std::errc::invalid_argument.
tl::unexpected<Error> fail_text(std::string detail);

}  // namespace sockbox::net
