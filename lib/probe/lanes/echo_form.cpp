// Echo datagrams: a header of our own, then pseudo-random bytes.
#include "probe/lanes/echo_form.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace sockbox::probe {
namespace {

// How many recent probes a short datagram is compared with.
constexpr std::uint64_t content_depth = 4096;
constexpr std::size_t session_at = 0;
constexpr std::size_t number_at = 8;
constexpr std::size_t stamp_at = 16;

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
    std::ranges::copy(payload_.message(index), into.begin());
    if (!has_header())
        return;
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
    if (!has_header())
        return find_by_content(got, window);
    if (got.size() < stamp_at || read_at<std::uint64_t>(got, session_at) != session_)
        return std::nullopt;
    return window.find(read_at<std::uint64_t>(got, number_at), first_sequence_, 64);
}

// The oldest awaited probe with this content, else the latest one that was already settled.
std::optional<std::uint64_t> EchoForm::find_by_content(std::span<const std::byte> got,
                                                       const ProbeWindow& window) const {
    std::optional<std::uint64_t> settled;
    const std::uint64_t depth = std::min(window.next() - window.oldest_kept(), content_depth);
    for (std::uint64_t index = window.next() - depth; index < window.next(); ++index) {
        if (!std::ranges::equal(payload_.message(index), got))
            continue;
        if (window.at(index).state == Probe::State::awaited)
            return index;
        if (window.at(index).state != Probe::State::unused)
            settled = index;
    }
    return settled;
}

// A datagram of our length belongs to another session or was never sent; any other length is
// unrecognizable.
bool EchoForm::is_foreign(std::span<const std::byte> got) const {
    return has_header() && got.size() == payload_.size();
}

bool EchoForm::is_intact(std::uint64_t index, const Probe& probe, std::span<const std::byte> got) {
    compose(index, probe.stamp, scratch_);
    return std::ranges::equal(scratch_, got);
}

}  // namespace sockbox::probe
