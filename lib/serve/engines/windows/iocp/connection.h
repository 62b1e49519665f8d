// One client's connection, echoed by overlapped operations.
#pragma once

#include <list>
#include <memory>

#include "serve/engines/windows/iocp/completion_port.h"
#include "serve/session.h"
#include "system/memory.h"

namespace sockbox::serve {

class IocpLoop;

// Waits with a zero-byte receive, which completes when bytes have arrived: so it owns memory only
// while the peer does not accept its echo, and reads nothing meanwhile. At most one operation is
// pending at any time.
class IocpConnection final : public Operation {
  public:
    using List = std::list<std::unique_ptr<IocpConnection>>;

    IocpConnection(IocpLoop& loop, Client client);

    // Starts waiting for input. Each of the following methods destroys the connection if it is
    // over.
    void start(List::iterator place);
    void done(std::size_t bytes, int code) override;

    // Checks timeouts and the drain.
    void check_time();

    // Ends the connection at once: unsent bytes are lost, and the peer sees a reset.
    void abort();

  private:
    void await_input();
    void read_once();
    void echo(std::span<const std::byte> data);
    void keep(std::span<const std::byte> rest);
    void send_rest();
    void rest_sent(std::size_t bytes);
    void decide();
    void begin_lingering(const Session::Decision& decision);
    void end(EndReason reason);
    void end_by(const std::error_code& error);
    void close();
    void started(int result);
    void destroy_if_gone();
    bool has_rest() const noexcept { return rest_begin_ < rest_end_; }

    IocpLoop& loop_;
    List::iterator place_;
    Session session_;
    net::Pages rest_;
    std::size_t rest_begin_ = 0;
    std::size_t rest_end_ = 0;
    bool lingering_ = false;  // our FIN is sent; discard input until the peer's
    bool closing_ = false;
};

}  // namespace sockbox::serve
