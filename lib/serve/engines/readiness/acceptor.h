// A listener that passes new connections to its reactor and recovers from errors of accept(2).
#pragma once

#include "serve/engines/readiness/poller.h"
#include "serve/service.h"

namespace sockbox::serve {

class Reactor;

class Acceptor final : public EventSource {
  public:
    Acceptor(Reactor& reactor, net::Socket listener);

    net::Status watch();
    void on_ready() override;

    // Resumes listening when a pause is over.
    void check_time();
    // When the pause ends; no_deadline if there is none.
    net::Deadline resumes() const noexcept { return resumes_; }

    // Accepts the clients already in the backlog, then closes the listener.
    void finish();

  private:
    enum class Step : std::uint8_t { more, none_waiting, pause };
    Step accept_one();
    void pause();

    Reactor& reactor_;
    net::Socket listener_;
    net::Deadline resumes_ = net::no_deadline;
};

}  // namespace sockbox::serve
