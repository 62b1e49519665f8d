// A thread that waits for the first interrupt, and ends the process if its output is then blocked.
#include "tools/front/interrupts.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "net/socket.h"
#include "serve/confine/privileges.h"
#include "serve/confine/sandbox.h"
#include "system/clock.h"
#include "system/thread.h"
#include "tools/front/command.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr auto between_looks = 20ms;
// A signal that could not wake the thread is noticed after this time.
constexpr auto longest_wait = 500ms;

}  // namespace

CaughtInterrupts::CaughtInterrupts(Io io, net::StopSignal& stop, std::chrono::nanoseconds patience,
                                   std::function<void()> on_first)
    : io_(io), stop_(stop), patience_(patience), on_first_(std::move(on_first)), interrupts_(stop) {
    io_.out.keep_lines_whole();
    auto over = net::StopSignal::create();
    if (!over)
        return;
    over_.emplace(std::move(*over));
    if (auto started = net::start_thread([this] { wait_and_bound_writes(); }))
        thread_ = std::move(*started);
}

CaughtInterrupts::~CaughtInterrupts() {
    if (!thread_.joinable())
        return;
    over_->raise();
    thread_.join();
}

void CaughtInterrupts::wait_and_bound_writes() {
    // It needs no rights, and if the program gives up its own later, this thread's would remain.
    static_cast<void>(serve::drop_privileges(nullptr));
    serve::SandboxReport unused;
    serve::deny_file_access(unused);
    std::array either{net::PollEntry{stop_.waitable(), POLLIN, 0},
                      net::PollEntry{over_->waitable(), POLLIN, 0}};
    while (!stop_.raised() && !over_->raised())
        net::platform::poll(either, net::poll_timeout(net::deadline_in(longest_wait)));
    if (over_->raised())
        return;
    const auto raised_at = net::Clock::now();
    if (on_first_)
        on_first_();
    std::array end{net::PollEntry{over_->waitable(), POLLIN, 0}};
    while (!over_->raised()) {
        if (is_blocked(raised_at))
            std::_Exit(status_of_interrupt());
        net::platform::poll(end, net::poll_timeout(net::deadline_in(between_looks)));
    }
}

// A command also raises the signal itself when its output fails.
bool CaughtInterrupts::is_blocked(net::Clock::time_point raised_at) const {
    const auto now = net::Clock::now();
    return net::Interrupts::number() != 0 &&
           std::ranges::any_of(std::array{&io_.out, &io_.err}, [&](const Output* output) {
               return now - std::max(output->writing_since(), raised_at) >= patience_;
           });
}

}  // namespace sockbox::tools
