// A UDP socket in a reactor.
#pragma once

#include "serve/datagram_echo.h"
#include "serve/poller.h"

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

    // Answers what has arrived already, within reason, and closes the socket.
    void finish(Poller& poller) {
        for (int batches = 0; batches < last_batches && echo_.answer(listener_) > 0; ++batches) {
        }
        poller.forget(listener_.socket.native());
        listener_.socket.close();
    }

  private:
    static constexpr int last_batches = 64;  // a full receive buffer of small datagrams

    DatagramEcho& echo_;
    DatagramListener listener_;
};

}  // namespace sockbox::serve
