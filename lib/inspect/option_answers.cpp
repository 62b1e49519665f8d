// Asking for options, and taking what another answer already told.
#include "inspect/option_answers.h"

#include <algorithm>

#include "option/codec.h"

namespace sockbox::net {
namespace {

std::error_code not_told() {
    return std::make_error_code(std::errc::not_supported);
}

// The option whose answer it is, of those that are kept.
const Option& option_of(std::size_t whole) {
    static const std::array<Option, 3> options{Option::find("SO_MEMINFO").value(),
                                               Option::find("SO_BINDTOIFINDEX").value(),
                                               Option::find("SO_BUF_LOCK").value()};
    return options[whole];
}

// What an answer holds of an option; none where that has to be asked for itself.
std::optional<std::span<const std::byte>> part_of(std::span<const std::byte> answer,
                                                  const OptionRow& row) {
    const std::size_t end = row.part + row.width;
    if (row.type == ValueType::text)  // no device has no name, of no length
        return from_bytes<int>(answer) == 0 ? std::optional(answer.first(0)) : std::nullopt;
    if (row.part == whole_answer)
        return answer;
    return end <= answer.size() ? std::optional(answer.subspan(row.part, row.width)) : std::nullopt;
}

}  // namespace

OptionAnswers::Answer OptionAnswers::whole(Whole whole) {
    if (whole == Whole::tcp_info) {
        if (facts_.tcp_info.empty())
            return tl::unexpected(not_told());
        return std::span<const std::byte>(facts_.tcp_info);
    }
    const auto number = static_cast<std::size_t>(whole);
    Kept& kept = kept_[number];
    if (!std::exchange(kept.asked, true)) {
        const Option& option = option_of(number);
        const Answer answer = option.on_this_platform() ? read_bytes(socket_, option, buffer_)
                                                        : tl::unexpected(not_told());
        kept.error = answer ? std::error_code() : answer.error();
        if (answer) {
            kept.size = std::min(answer->size(), kept.bytes.size());
            std::copy_n(answer->begin(), kept.size, kept.bytes.begin());
        }
    }
    if (kept.error)
        return tl::unexpected(kept.error);
    return std::span<const std::byte>(kept.bytes).first(kept.size);
}

OptionAnswers::Answer OptionAnswers::of(const Option& option) {
    const OptionRow& row = option.row();
    if (row.part_of == Whole::none)
        return read_bytes(socket_, option, buffer_);
    const Answer answer = whole(row.part_of);
    const auto part = answer ? part_of(*answer, row) : std::nullopt;
    return part ? Answer(*part) : read_bytes(socket_, option, buffer_);
}

std::optional<std::int64_t> OptionAnswers::buffer_locks() {
    const Answer answer = whole(Whole::buffer_locks);
    if (!answer || answer->size() != sizeof(std::uint32_t))
        return std::nullopt;
    return from_bytes<std::uint32_t>(*answer);
}

}  // namespace sockbox::net
