// Handlers of SIGINT, SIGTERM and SIGHUP, of SIGQUIT, and of SIGUSR1.
#include "net/signals.h"

#include <sys/eventfd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "system/thread.h"

namespace sockbox::net {
namespace {

// Handlers may run on any thread, and several at once. They use only lock-free atomics and
// write(2), which are async-signal-safe (signal-safety(7)). exchange(nullptr) ensures that each
// StopSignal is raised by one signal only.
std::atomic<StopSignal*> on_first{nullptr};
std::atomic<StopSignal*> on_second{nullptr};
std::atomic<int> first_number{0};

extern "C" void handle_interrupt(int number) {
    const int saved = errno;
    if (StopSignal* first = on_first.exchange(nullptr)) {
        first_number = number;
        first->raise();
    } else if (StopSignal* second = on_second.exchange(nullptr)) {
        second->raise();
    } else {
        ::signal(number, SIG_DFL);
        ::raise(number);
    }
    errno = saved;
}

constexpr std::array<int, 3> caught{SIGINT, SIGTERM, SIGHUP};
std::array<struct sigaction, caught.size()> before_interrupts;

std::atomic<bool> interim_requested{false};
struct sigaction before_interim;

extern "C" void note_interim_request(int) {
    interim_requested = true;
}

std::atomic<int> wake_of_requests{-1};
struct sigaction before_status;

extern "C" void note_status_request(int) {
    const int saved = errno;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wake_of_requests, &one, sizeof one);
    errno = saved;
}

}  // namespace

Result<StopSignal> StopSignal::create() {
    auto raised = Flag::create();
    if (!raised)
        return fail(raised.error());
    const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0)
        return fail_last("eventfd");
    return StopSignal(Socket(event), std::move(*raised));
}

// The flag is set before the eventfd becomes readable, so that a thread woken by the eventfd finds
// raised() true. The flag is in memory shared with forked children, whose access to a lock-free
// atomic is as well defined as that of another thread; they inherit the eventfd.
void StopSignal::raise() noexcept {
    if (raised_->exchange(true))
        return;
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from its maximum (eventfd(2)).
    [[maybe_unused]] const auto written = ::write(wake_.native(), &one, sizeof one);
}

bool StopSignal::raised() const noexcept {
    return raised_->load();
}

Interrupts::Interrupts(StopSignal& first, StopSignal* second) noexcept {
    first_number = 0;
    on_first = &first;
    on_second = second;
    struct sigaction action {};
    action.sa_handler = handle_interrupt;
    action.sa_flags = SA_RESTART;
    for (std::size_t i = 0; i < caught.size(); ++i)
        ::sigaction(caught[i], &action, &before_interrupts[i]);
    if (before_interrupts.back().sa_handler ==
        SIG_IGN)  // under nohup(1), which lets a program outlive its terminal
        ::sigaction(SIGHUP, &before_interrupts.back(), nullptr);
}

Interrupts::~Interrupts() {
    for (std::size_t i = 0; i < caught.size(); ++i)
        ::sigaction(caught[i], &before_interrupts[i], nullptr);
    on_first = nullptr;
    on_second = nullptr;
}

int Interrupts::number() noexcept {
    return first_number;
}

InterimRequests::InterimRequests() noexcept {
    interim_requested = false;
    struct sigaction action {};
    action.sa_handler = note_interim_request;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGQUIT, &action, &before_interim);
}

InterimRequests::~InterimRequests() {
    ::sigaction(SIGQUIT, &before_interim, nullptr);
}

bool InterimRequests::take() noexcept {
    return interim_requested.exchange(false);
}

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
    ::sigaction(SIGUSR1, &action, &before_status);
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
    ::sigaction(SIGUSR1, &before_status, nullptr);
    over_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wake_.native(), &one, sizeof one);
    thread_.join();
    wake_of_requests = -1;
}

}  // namespace sockbox::net
