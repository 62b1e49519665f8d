// A UDP socket served by a reactor.
#pragma once

#include "serve/datagrams/datagram_echo.h"
#include "serve/engines/readiness/poller.h"

namespace sockbox::serve {

class DatagramSource final : public EventSource {
  public:
    DatagramSource(DatagramEcho& echo, net::Socket socket)
        : echo_(echo), listener_{std::move(socket)} {}

    net::Status watch(Poller& poller) {
        if (auto prepared = net::DatagramBatch::prepare(listener_.socket); !prepared)
            return prepared;
        return poller.watch(listener_.socket.native(), *this, Interest::read);
    }

    void on_ready() override { echo_.answer(listener_); }

    // Answers the datagrams that have already arrived, then closes the socket.
    void finish(Poller& poller) {
        echo_.finish(listener_);
        poller.forget(listener_.socket.native());
        listener_.socket.close();
    }

  private:
    DatagramEcho& echo_;
    DatagramListener listener_;
};

}  // namespace sockbox::serve
