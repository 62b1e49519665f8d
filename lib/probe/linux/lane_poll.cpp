// Waits for lanes with epoll(7).
#include "probe/lane_poll.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "net/socket.h"
#include "system/spin.h"

namespace sockbox::probe {
namespace {

static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLERR == EPOLLERR &&
              POLLHUP == EPOLLHUP);

class EpollLanes final : public LanePoll {
  public:
    explicit EpollLanes(net::Socket epoll) : epoll_(std::move(epoll)) {}

    net::Status watch_stop(net::NativeSocket stop) {
        epoll_event event{EPOLLIN, {}};
        if (::epoll_ctl(epoll_.native(), EPOLL_CTL_ADD, stop, &event) != 0)
            return net::fail_last("epoll_ctl");
        return {};
    }

    // Closing a socket removes it from the set (epoll(7)).
    net::Status update(Watched& watched, const Watched& wanted) override {
        const bool same = watched.socket == wanted.socket &&
                          watched.sockets_used == wanted.sockets_used &&
                          watched.socket != net::invalid_socket;
        watched = wanted;
        if (wanted.socket == net::invalid_socket)
            return {};
        // A read that does not fill the buffer is the last one, except before an end and before
        // urgent bytes.
        const std::uint32_t edges = wanted.reads_all ? EPOLLET | EPOLLRDHUP | EPOLLPRI : 0;
        epoll_event event{static_cast<std::uint32_t>(wanted.events) | edges, {}};
        event.data.ptr = wanted.owner;
        if (::epoll_ctl(epoll_.native(), same ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, wanted.socket,
                        &event) == 0)
            return {};
        net::Status failure = net::fail_last("epoll_ctl");
        watched.socket = net::invalid_socket;
        return failure;
    }

    std::span<const Ready> wait(net::Deadline deadline) override {
        const int count = wait_for_events(deadline);
        std::size_t found = 0;
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events_[static_cast<std::size_t>(i)];
            if (event.data.ptr != nullptr)
                ready_[found++] = {event.data.ptr, static_cast<short>(event.events)};
        }
        return std::span(ready_).first(found);
    }

  private:
    // epoll_wait(2) knows milliseconds only.
    int wait_for_events(net::Deadline deadline) {
        const int most = static_cast<int>(events_.size());
        if (deadline == net::no_deadline)
            return ::epoll_wait(epoll_.native(), events_.data(), most, -1);
        const auto left = deadline == net::long_ago
                              ? std::chrono::nanoseconds::zero()
                              : std::max<std::chrono::nanoseconds>(
                                    deadline - net::Clock::now(), std::chrono::nanoseconds::zero());
        if (left.count() == 0)
            return ::epoll_wait(epoll_.native(), events_.data(), most, 0);
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        const timespec timeout{seconds.count(), (left - seconds).count()};
        const int count = ::epoll_pwait2(epoll_.native(), events_.data(), most, &timeout, nullptr);
        if (count >= 0 || errno != ENOSYS)
            return count;
        return ::epoll_wait(epoll_.native(), events_.data(), most, net::poll_timeout(deadline));
    }

    net::Socket epoll_;
    std::array<epoll_event, 256> events_{};
    std::array<Ready, 256> ready_{};
};

}  // namespace

net::Result<std::unique_ptr<LanePoll>> LanePoll::create(net::NativeSocket stop) {
    const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0)
        return net::fail_last("epoll_create1");
    auto lanes = std::make_unique<EpollLanes>(net::Socket(descriptor));
    if (const auto watched = lanes->watch_stop(stop); !watched)
        return net::fail(watched.error());
    return lanes;
}

}  // namespace sockbox::probe
