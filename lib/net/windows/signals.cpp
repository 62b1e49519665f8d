// Console control handlers for Ctrl-C and Ctrl-Break.
#include "net/signals.h"

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>

#include "system/clock.h"
#include "system/platform.h"

namespace sockbox::net {
namespace {

// Windows calls the handler on a separate thread. Unlike a POSIX signal handler, it may lock a
// mutex, which keeps it from using a StopSignal that is being destroyed.
std::mutex handler_mutex;
StopSignal* on_first = nullptr;
StopSignal* on_second = nullptr;
std::atomic<bool> interrupted{false};

using namespace std::chrono_literals;

// As on Linux.
constexpr auto time_for_second = 1s;
Clock::time_point second_raised_at = Clock::time_point::min();

BOOL WINAPI handle_interrupt(DWORD event) {
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        return FALSE;
    const std::lock_guard lock(handler_mutex);
    StopSignal* signal = std::exchange(on_first, nullptr);
    if (signal == nullptr) {
        signal = std::exchange(on_second, nullptr);
        if (signal != nullptr)
            second_raised_at = Clock::now();
    }
    if (signal == nullptr)  // FALSE passes the event to the default handler, which ends the process
        return Clock::now() < second_raised_at + time_for_second ? TRUE : FALSE;
    interrupted = true;
    signal->raise();
    return TRUE;
}

BOOL WINAPI ignore_interrupt(DWORD event) {
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT ? TRUE : FALSE;
}

// The socket is connected, so that it accepts no datagrams from other programs, which would raise
// the signal.
Status connect_to_itself(Socket& socket) {
    if (auto bound = socket.bind(Endpoint::loopback(Family::ipv4)); !bound)
        return bound;
    const auto local = socket.local();
    if (!local)
        return fail(local.error());
    if (const Transfer connected = socket.connect(*local); !connected.done())
        return fail({connected.error, "connect", local->to_string(), {}, {}});
    return {};
}

std::atomic<bool> requested{false};

BOOL WINAPI note_request(DWORD event) {
    if (event != CTRL_BREAK_EVENT)
        return FALSE;
    requested = true;
    return TRUE;
}

}  // namespace

Result<StopSignal> StopSignal::create() {
    auto raised = Flag::create();
    if (!raised)
        return fail(raised.error());
    auto socket = Socket::open(Family::ipv4, Transport::udp);
    if (!socket)
        return fail(socket.error());
    if (auto connected = connect_to_itself(*socket); !connected)
        return fail(connected.error());
    return StopSignal(std::move(*socket), std::move(*raised));
}

void StopSignal::raise() noexcept {
    if (raised_->exchange(true))
        return;
    constexpr std::array<std::byte, 1> wake{};
    wake_.send(wake);
}

bool StopSignal::raised() const noexcept {
    return raised_->load();
}

void hear_signals() noexcept {}

// The handler registered last is called first.
void ignore_late_signals() noexcept {
    ::SetConsoleCtrlHandler(ignore_interrupt, TRUE);
}

Interrupts::Interrupts(StopSignal& first, StopSignal* second) noexcept {
    const std::lock_guard lock(handler_mutex);
    interrupted = false;
    second_raised_at = Clock::time_point::min();
    on_first = &first;
    on_second = second;
    ::SetConsoleCtrlHandler(handle_interrupt, TRUE);
}

Interrupts::~Interrupts() {
    ::SetConsoleCtrlHandler(handle_interrupt, FALSE);
    const std::lock_guard lock(handler_mutex);
    on_first = nullptr;
    on_second = nullptr;
}

int Interrupts::number() noexcept {
    return interrupted ? SIGINT : 0;
}

InterimRequests::InterimRequests() noexcept {
    requested = false;
    ::SetConsoleCtrlHandler(note_request, TRUE);
}

InterimRequests::~InterimRequests() {
    ::SetConsoleCtrlHandler(note_request, FALSE);
}

bool InterimRequests::take() noexcept {
    return requested.exchange(false);
}

StatusRequests::StatusRequests(std::function<void()> answer) : answer_(std::move(answer)) {}

Status StatusRequests::start() {
    return {};
}

void StatusRequests::wait_and_answer() {}

StatusRequests::~StatusRequests() = default;

}  // namespace sockbox::net
