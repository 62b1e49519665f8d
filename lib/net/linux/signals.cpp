// Handlers of SIGINT, SIGTERM and SIGHUP, of SIGQUIT, and of SIGUSR1.
#include "net/signals.h"

#include <sys/eventfd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "system/clock.h"
#include "system/thread.h"

namespace sockbox::net {
namespace {

// Handlers may run on any thread, and several at once. They use only lock-free atomics and
// write(2), which are async-signal-safe (signal-safety(7)). exchange(nullptr) ensures that each
// StopSignal is raised by one signal only.
std::atomic<StopSignal*> on_first{nullptr};
std::atomic<StopSignal*> on_second{nullptr};
std::atomic<int> first_number{0};
std::atomic<bool> late{false};  // ignore_late_signals() was called

using namespace std::chrono_literals;

// Someone who sends several signals at once does not mean the last one to interrupt what the second
// asks for.
constexpr auto time_for_second = 1s;
// From then on a signal that raises no StopSignal ends the process: never, until the second one is
// raised. The handler of another may run while that of the second is between its exchange() and its
// raise().
std::atomic<Clock::time_point> ends_process_from;

// Ends the process as an uncaught signal does, also on a thread whose handler for it is running.
// The kernel ignores an uncaught signal only in the first process of a PID namespace.
[[noreturn]] void end_by_signal(int number) {
    ::signal(number, SIG_DFL);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, number);
    ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(number);
    constexpr int ended_by_signal = 128;
    std::_Exit(ended_by_signal + number);
}

extern "C" void handle_end(int number) {
    end_by_signal(number);
}

extern "C" void handle_interrupt(int number) {
    if (late)  // it came before, but runs after the objects of the signals are gone
        return;
    const int saved = errno;
    if (StopSignal* first = on_first.exchange(nullptr)) {
        first_number = number;
        first->raise();
    } else if (StopSignal* second = on_second.exchange(nullptr)) {
        ends_process_from = Clock::now() + time_for_second;
        second->raise();
    } else if (Clock::now() >= ends_process_from.load()) {
        end_by_signal(number);
    }
    errno = saved;
}

constexpr std::array<int, 3> caught{SIGINT, SIGTERM, SIGHUP};
std::array<struct sigaction, caught.size()> before_interrupts;

std::atomic<bool> interim_requested{false};

extern "C" void note_interim_request(int) {
    interim_requested = true;
}

std::atomic<bool> status_requested{false};
std::atomic<int> wake_of_requests{-1};

void wake_answering_thread() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wake_of_requests, &one, sizeof one);
}

extern "C" void note_status_request(int) {
    const int saved = errno;
    status_requested = true;
    wake_answering_thread();  // fails before the thread is started, which then looks for itself
    errno = saved;
}

void handle(int number, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigaction(number, &action, nullptr);
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

void hear_signals() noexcept {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::getpid() != 1)
        return;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        struct sigaction before {};
        ::sigaction(number, nullptr, &before);
        if (before.sa_handler != SIG_IGN)
            handle(number, handle_end);
    }
}

void ignore_late_signals() noexcept {
    late = true;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1})
        ::signal(number, SIG_IGN);
}

Interrupts::Interrupts(StopSignal& first, StopSignal* second) noexcept {
    first_number = 0;
    ends_process_from = second != nullptr ? Clock::time_point::max() : Clock::time_point::min();
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
    if (!late)
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
    handle(SIGQUIT, note_interim_request);
}

InterimRequests::~InterimRequests() {
    ::signal(SIGQUIT, SIG_IGN);
}

bool InterimRequests::take() noexcept {
    return interim_requested.exchange(false);
}

StatusRequests::StatusRequests(std::function<void()> answer) : answer_(std::move(answer)) {
    status_requested = false;
    handle(SIGUSR1, note_status_request);
}

Status StatusRequests::start() {
    wake_ = Socket(::eventfd(0, EFD_CLOEXEC));
    if (!wake_.valid())
        return fail_last("eventfd");
    // It may be busy with an answer for long.
    auto started = start_signal_free_thread([this] { wait_and_answer(); });
    if (!started)
        return fail(started.error());
    thread_ = std::move(*started);
    wake_of_requests = wake_.native();
    if (status_requested)
        wake_answering_thread();
    return {};
}

void StatusRequests::wait_and_answer() {
    std::uint64_t count = 0;
    while (::read(wake_.native(), &count, sizeof count) > 0) {
        if (status_requested.exchange(false))
            answer_();  // also if it was the last thing before the end
        if (over_)
            return;
    }
}

StatusRequests::~StatusRequests() {
    ::signal(SIGUSR1, SIG_IGN);
    if (!thread_.joinable())
        return;
    over_ = true;
    wake_answering_thread();
    thread_.join();
    wake_of_requests = -1;
}

}  // namespace sockbox::net
