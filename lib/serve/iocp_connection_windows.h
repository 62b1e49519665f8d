// One client's connection served by completions: what it sends goes back to it.
#pragma once

#include "serve/completion_port_windows.h"
#include "serve/pages.h"
#include "serve/service.h"

namespace sockbox::serve {

// When the server ends, as its connections need to know it.
struct Drain {
    bool begun = false;
    net::Deadline deadline = net::no_deadline;
};

// Receives, sends all of it, and receives again: one operation is under way at any time, and a peer
// that never reads costs one buffer.
class IocpConnection final : public Operation {
  public:
    IocpConnection(Service& service, const Drain& drain, Client client);
    ~IocpConnection();

    // Its first operation; false where it is over at once.
    bool start(CompletionPort& port);

    void done(std::size_t bytes, int code) override;

    // Looks at the time: timeouts and the drain.
    void check_time(net::Deadline now);

    // Ends it at once; bytes under way are lost, with a reset.
    void abort();

    // Nothing is under way any more: it may be destroyed.
    bool over() const noexcept { return over_ && !pending(); }

  private:
    void receive();
    void received(std::size_t bytes);
    void send();
    void sent(std::size_t bytes);
    void check_timeouts(std::chrono::nanoseconds still);
    void check_drain(net::Deadline now, std::chrono::nanoseconds still);
    void say_goodbye(EndReason reason, net::Deadline now);
    void end(EndReason reason, std::error_code error = {});
    void end_by(int code);
    void close(bool with_reset);
    bool sending() const noexcept { return rest_begin_ < rest_end_; }

    Service& service_;
    const Drain& drain_;
    Client client_;
    Pages buffer_;
    std::size_t rest_begin_ = 0;  // what is still to be sent
    std::size_t rest_end_ = 0;
    net::Deadline began_ = net::Clock::now();
    net::Deadline active_ = began_;  // when a byte last moved; while lingering, when that ends
    std::uint64_t received_bytes_ = 0;
    std::uint64_t sent_bytes_ = 0;
    bool lingering_ = false;  // our FIN is out; input is dropped until the peer's comes
    bool told_ = false;
    bool over_ = false;
};

}  // namespace sockbox::serve
