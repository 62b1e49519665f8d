// A mailbox wakes the loop that it belongs to by an eventfd(2).
#include <sys/eventfd.h>

#include "serve/engines/linux/loops.h"

namespace sockbox::serve {

net::Result<std::unique_ptr<Mailbox>> Mailbox::create() {
    const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0)
        return net::fail_last("eventfd");
    return std::make_unique<Mailbox>(net::Socket(descriptor));
}

void Mailbox::put(Client&& client) {
    queue_.put(std::move(client));
    wake();
}

void Mailbox::close() {
    queue_.close();
    wake();
}

Mailbox::Content Mailbox::take() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.native(), &count, sizeof count);
    return queue_.take();
}

void Mailbox::wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wake_.native(), &one, sizeof one);
}

}  // namespace sockbox::serve
