// Formats errors.
#include "system/result.h"

#include "system/platform.h"
#include "system/resolver_error.h"

namespace sockbox::net {

std::string Error::message() const {
    std::string text = action;
    if (!subject.empty()) {
        if (!text.empty())
            text += ' ';
        text += subject;
    }
    const std::string words = reason();
    if (!words.empty()) {
        if (!text.empty())
            text += ": ";
        text += words;
    }
    const std::string_view name = code ? symbol(code) : std::string_view();
    if (!name.empty() && !text.empty() && code.category() != std::generic_category()) {
        text += " (";
        text += name;
        text += ')';
    }
    return text;
}

std::string Error::reason() const {
    return !detail.empty() ? detail : code ? code.message() : std::string();
}

bool no_descriptor_left(const std::error_code& code) noexcept {
    return code == std::errc::too_many_files_open ||
           code == std::errc::too_many_files_open_in_system;
}

bool no_resources_left(const std::error_code& code) noexcept {
    return no_descriptor_left(code) || code == std::errc::not_enough_memory;
}

bool is_not_permitted(const std::error_code& code) noexcept {
    return code == std::errc::operation_not_permitted || code == std::errc::permission_denied;
}

std::string_view symbol(const std::error_code& code) noexcept {
    if (!code)
        return {};
    if (code.category() == platform::error_category())
        return platform::error_symbol(code.value());
    if (code.category() == resolver_category())
        return resolver_symbol(code.value());
    if (code.category() == std::generic_category())
        return symbol(platform::error_of(static_cast<std::errc>(code.value())));
    return {};
}

tl::unexpected<Error> fail_last(std::string_view action, std::string_view subject) {
    const std::error_code code = platform::last_error();
    return fail({code, std::string(action), std::string(subject), {}, {}});
}

tl::unexpected<Error> fail_text(std::string detail) {
    return fail({std::make_error_code(std::errc::invalid_argument), {}, {}, std::move(detail), {}});
}

}  // namespace sockbox::net
