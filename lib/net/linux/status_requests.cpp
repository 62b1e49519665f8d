// SIGUSR1 as a request, handed to a thread by an eventfd.
#include "net/status_requests.h"

#include <sys/eventfd.h>

#include <csignal>

#include "system/thread.h"

namespace sockbox::net {
namespace {

std::atomic<int> wake_of_requests{-1};
struct sigaction before;

extern "C" void note_status_request(int) {
    const int saved = errno;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wake_of_requests, &one, sizeof one);
    errno = saved;
}

}  // namespace

Status StatusRequests::start() {
    wake_ = Socket(::eventfd(0, EFD_CLOEXEC));
    if (!wake_.valid())
        return fail_last("eventfd");
    auto started = start_thread([this] { wait_and_answer(); });
    if (!started)
        return fail(started.error());
    thread_ = std::move(*started);
    wake_of_requests = wake_.native();
    struct sigaction action {};
    action.sa_handler = note_status_request;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &action, &before);
    return {};
}

void StatusRequests::wait_and_answer() {
    std::uint64_t count = 0;
    while (::read(wake_.native(), &count, sizeof count) > 0 && !over_)
        answer_();
}

StatusRequests::~StatusRequests() {
    if (!thread_.joinable())
        return;
    ::sigaction(SIGUSR1, &before, nullptr);
    over_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wake_.native(), &one, sizeof one);
    thread_.join();
    wake_of_requests = -1;
}

}  // namespace sockbox::net
