// A listener that hands new connections to its reactor and survives what accept(2) may say.
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

    // Listens again after a pause, once it is over.
    void check_time();
    // When the pause is over; no_deadline while there is none.
    net::Deadline resumes() const noexcept { return resumes_; }

    // Takes those who wait in the queue already, and closes the listener.
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
