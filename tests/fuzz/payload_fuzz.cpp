// Fuzzes replies to udpecho: only what was sent may be found, and only unchanged as intact.
#include <algorithm>
#include <vector>

#include "probe/lanes/echo_form.h"
#include "tests/fuzz/text_of.h"

using namespace sockbox;
using fuzz::require;

namespace {

constexpr std::uint64_t sent = 20;

// Sends some datagrams of this size and treats `got` as a reply, both as it is and as the end of a
// datagram that was sent.
void take_reply(std::span<const std::byte> got, std::size_t size) {
    const probe::Payload payload(size);
    probe::EchoForm form(payload, 0xffff'fff8, 0x3837'3635'3433'3231);
    probe::ProbeWindow window{probe::MeasurePlan()};
    std::vector<std::vector<std::byte>> datagrams;
    for (std::uint64_t i = 0; i < sent; ++i) {
        probe::Probe record;
        auto& datagram = datagrams.emplace_back(size);
        form.write(i, record, datagram);
        require(window.add(record) == i);
        require(form.find(datagram, window).has_value());
    }
    if (const auto index = form.find(got, window)) {
        require(*index < sent);
        const bool intact =
            form.objection(*index, window.at(*index), got, got.size()).reason.empty();
        require(intact == std::ranges::equal(got, datagrams[*index]));
    }
    (void)form.is_foreign(got.size());
    std::vector<std::byte> changed = datagrams[got.size() % sent];
    std::copy_n(got.begin(), std::min(got.size(), changed.size()), changed.begin());
    if (const auto index = form.find(changed, window))
        require(form.objection(*index, window.at(*index), changed, size).reason.empty() ==
                (changed == datagrams[*index]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto got = std::as_bytes(std::span(data, size));
    for (const std::size_t datagram : {0U, 5U, 24U, 64U})
        take_reply(got, datagram);
    return 0;
}
