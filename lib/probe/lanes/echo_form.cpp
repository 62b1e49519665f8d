// Echo datagrams: a header of our own, then pseudo-random bytes.
#include "probe/lanes/echo_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "probe/echo_window.h"

namespace sockbox::probe {
namespace {

constexpr std::size_t session_at = 0;
constexpr std::size_t number_at = 8;
constexpr std::size_t stamp_at = 16;

// Two factors whose product is 1 modulo 2^32. The product of a number and the first scrambles it,
// so that a changed bit does not turn it into one of its neighbours.
constexpr std::uint32_t scrambling = 2654435761;
constexpr std::uint32_t unscrambling = 244002641;
static_assert(scrambling * unscrambling == 1);

std::uint64_t random_session() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

// In host byte order: only this process reads it.
template <class Value>
Value read_at(std::span<const std::byte> bytes, std::size_t offset) {
    Value value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

template <class Value>
void write_at(std::span<std::byte> bytes, std::size_t offset, Value value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

}  // namespace

EchoForm::EchoForm(const Payload& payload, std::uint64_t first_sequence, std::uint64_t session)
    : payload_(payload),
      first_sequence_(first_sequence),
      session_(session),
      scratch_(payload.size()) {}

EchoForm::EchoForm(const Payload& payload, std::uint64_t first_sequence)
    : EchoForm(payload, first_sequence, random_session()) {}

void EchoForm::compose(std::uint64_t index, std::int64_t stamp, std::span<std::byte> into) const {
    std::ranges::copy(payload_.message(tells_apart() ? index : 0), into.begin());
    if (!tells_apart())
        return;
    if (!has_header())
        return write_at(into, 0, static_cast<std::uint32_t>(first_sequence_ + index) * scrambling);
    write_at(into, session_at, session_);
    write_at(into, number_at, first_sequence_ + index);
    write_at(into, stamp_at, stamp);
}

void EchoForm::write(std::uint64_t index, Probe& probe, std::span<std::byte> into) {
    probe.stamp = net::Clock::now().time_since_epoch().count();
    compose(index, probe.stamp, into);
}

std::optional<std::uint64_t> EchoForm::find(std::span<const std::byte> got,
                                            const ProbeWindow& window) {
    if (!tells_apart())
        return find_any(got, window);
    if (!has_header() && got.size() < short_header_bytes)
        return std::nullopt;
    if (!has_header())
        return window.find(read_at<std::uint32_t>(got, 0) * unscrambling, first_sequence_, 32);
    if (got.size() < stamp_at)
        return std::nullopt;
    const auto index = window.find(read_at<std::uint64_t>(got, number_at), first_sequence_, 64);
    if (read_at<std::uint64_t>(got, session_at) == session_)
        return index;
    // With the number and the time of a probe, it is the session that was changed on the way.
    const bool is_ours = index && got.size() >= echo_header_bytes &&
                         read_at<std::int64_t>(got, stamp_at) == window.at(*index).stamp;
    return is_ours ? index : std::nullopt;
}

// The oldest awaited probe, else the latest one.
std::optional<std::uint64_t> EchoForm::find_any(std::span<const std::byte> got,
                                                const ProbeWindow& window) const {
    if (window.next() == 0 || !std::ranges::equal(payload_.message(0), got))
        return std::nullopt;
    return window.outstanding() > 0 ? window.oldest_awaited() : window.next() - 1;
}

// A datagram of our length belongs to another session or was never sent; any other length is
// unrecognizable.
bool EchoForm::is_foreign(std::size_t length) const {
    return has_header() && length == payload_.size();
}

std::string EchoForm::why_unknown(std::size_t /*length*/) const {
    return "the reply matches nothing that was sent";
}

Objection EchoForm::objection(std::uint64_t index, const Probe& probe,
                              std::span<const std::byte> got, std::size_t length) {
    if (length != payload_.size())
        return {"the reply does not have the length of what was sent",
                payload_.size() == 1 ? std::string("1 byte was sent")
                                     : fmt::format("{} bytes were sent", payload_.size())};
    compose(index, probe.stamp, scratch_);
    const auto [mine, theirs] = std::ranges::mismatch(scratch_, got);
    if (mine == scratch_.end())
        return {};
    const auto offset = static_cast<std::uint64_t>(mine - scratch_.begin());
    return {"the reply differs from what was sent", to_text(Difference{offset, *mine, *theirs})};
}

}  // namespace sockbox::probe
