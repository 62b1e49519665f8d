// A listener whose connections come by AcceptEx, several of which are under way at any time.
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

    // Accepts again after a pause, once it is over.
    void check_time(net::Deadline now);
    // When the next pause is over; no_deadline while there is none.
    net::Deadline resumes() const noexcept;

    // Takes those who wait in the queue already, and closes the listener.
    void finish();

    // Whether it was finished and no operation is under way any more.
    bool over() const noexcept;

  private:
    class Accept;

    IocpLoop& loop_;
    net::Socket listener_;
    std::vector<std::unique_ptr<Accept>> accepts_;
};

}  // namespace sockbox::serve
