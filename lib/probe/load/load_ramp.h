// When the load on a path has reached its full size, and when it is gone.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace sockbox::probe {

// Whether bulk flows have filled a path, without a clock or a socket: TCP increases what it sends
// step by step, and a queue takes time to fill. The ramp is over once the rate at which data comes
// back and the data under way differ by at most a tenth from those of the second before.
//
//     LoadRamp ramp;
//     while (!ramp.is_over()) {
//         wait(LoadRamp::interval);
//         ramp.take(sent_bytes(), received_bytes());
//     }
class LoadRamp {
  public:
    static constexpr std::chrono::milliseconds interval{250};
    static constexpr std::chrono::seconds shortest{2};
    static constexpr std::chrono::seconds longest{10};

    // How many bytes the flows have sent and received since they began. To be called once in each
    // interval. More may have been received than sent if the flows went on between the two
    // readings, or if the server is no echo server.
    void take(std::uint64_t sent, std::uint64_t received);
    bool is_over() const noexcept { return over_; }

  private:
    struct Sample {
        std::uint64_t received;   // since the flows began
        std::uint64_t under_way;  // sent, but not received yet
    };
    bool is_steady() const;

    std::vector<Sample> samples_{{0, 0}};
    bool over_ = false;
};

// How long the queues of a path may take to empty once the flows have ended, if a round trip took
// up to `longest` under load: both directions at most, each once.
constexpr std::chrono::nanoseconds drain_time(std::chrono::nanoseconds longest) {
    using namespace std::chrono_literals;
    return std::clamp<std::chrono::nanoseconds>(2 * longest, 100ms, 10s);
}

}  // namespace sockbox::probe
