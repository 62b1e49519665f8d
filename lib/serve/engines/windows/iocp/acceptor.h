// A listener that accepts connections with AcceptEx.
#pragma once

#include <memory>
#include <vector>

#include "serve/engines/windows/iocp/completion_port.h"
#include "serve/service.h"

namespace sockbox::serve {

class IocpLoop;

class IocpAcceptor {
  public:
    IocpAcceptor(IocpLoop& loop, net::Socket listener);
    ~IocpAcceptor();

    net::Status start();

    // Resumes accepting when a pause is over.
    void check_time(net::Deadline now);
    // When the next pause ends; no_deadline if there is none.
    net::Deadline resumes() const noexcept;

    // Accepts the clients already in the backlog, then closes the listener.
    void finish();

    // Whether finish() has been called and no operation is pending.
    bool over() const noexcept;

  private:
    class Accept;

    IocpLoop& loop_;
    net::Socket listener_;
    std::vector<std::unique_ptr<Accept>> accepts_;
};

}  // namespace sockbox::serve
