// Fuzzes fault specs: accepted ones are within bounds, and rejected when given twice.
#include "serve/faults/faults.h"
#include "tests/fuzz/text_of.h"

using namespace sockbox;
using fuzz::require;

namespace {

constexpr std::chrono::nanoseconds longest = std::chrono::hours(1);

void require_bounds(const serve::Faults& faults) {
    for (const auto time : {faults.delay, faults.jitter, faults.stall, faults.stall_every})
        require(time.count() >= 0 && time <= longest);
    for (const double share :
         {faults.drop, faults.duplicate, faults.reorder, faults.corrupt, faults.truncate})
        require(share >= 0 && share <= 1);
    require(faults.close_after.value_or(1) > 0 && faults.reset_after.value_or(1) > 0);
    // A stall ends, and data that leaves at its end is not delayed again.
    const net::Deadline some = net::Deadline() + std::chrono::hours(100);
    const net::Deadline end = faults.after_stall(some);
    require(end >= some && end - some <= faults.stall && faults.after_stall(end) == end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    serve::Faults faults;
    faults.began = net::Deadline();
    if (!faults.add(text))
        return 0;
    require_bounds(faults);
    const bool streams = faults.concern(net::Transport::tcp);
    const bool datagrams = faults.concern(net::Transport::udp);
    require(streams || datagrams);
    require(faults.to_text(streams ? net::Transport::tcp : net::Transport::udp) == text);
    require(!faults.add(text));
    serve::FaultDice dice(faults.seed, size);
    const auto delay = dice.around(faults.delay, faults.jitter);
    require(delay.count() >= 0 && delay <= faults.delay + faults.jitter);
    return 0;
}
