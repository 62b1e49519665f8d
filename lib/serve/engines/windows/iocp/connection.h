// One client's connection served by completions: what it sends goes back to it.
#pragma once

#include <list>
#include <memory>

#include "serve/engines/windows/iocp/completion_port.h"
#include "serve/session.h"
#include "system/memory.h"

namespace sockbox::serve {

class IocpLoop;

// Waits by a receive of no bytes, which is done once there are some: so it has memory of its own
// only while its peer does not take what was echoed. Then it is not read. One operation is under
// way at any time.
class IocpConnection final : public Operation {
  public:
    using List = std::list<std::unique_ptr<IocpConnection>>;

    IocpConnection(IocpLoop& loop, Client client);

    // Watches for its first byte. Each of the following destroys the connection when it is over.
    void start(List::iterator place);
    void done(std::size_t bytes, int code) override;

    // Looks at the time: timeouts and the drain.
    void check_time();

    // Ends it at once; bytes under way are lost, with a reset.
    void abort();

  private:
    void await_input();
    void read_once();
    void echo(std::span<const std::byte> data);
    void keep(std::span<const std::byte> rest);
    void send_rest();
    void rest_sent(std::size_t bytes);
    void judge();
    void say_goodbye(EndReason reason);
    void end(EndReason reason);
    void end_by(const std::error_code& error);
    void close();
    void started(int result);
    void destroy_if_gone();
    bool has_rest() const noexcept { return rest_begin_ < rest_end_; }

    IocpLoop& loop_;
    List::iterator place_;
    Session session_;
    net::Deadline linger_until_{};
    net::Pages rest_;
    std::size_t rest_begin_ = 0;
    std::size_t rest_end_ = 0;
    bool lingering_ = false;  // our FIN is out; input is dropped until the peer's comes
    bool closing_ = false;
};

}  // namespace sockbox::serve
