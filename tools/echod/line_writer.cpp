// A bounded queue of lines and the thread that empties it.
#include "tools/echod/line_writer.h"

#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "system/thread.h"

namespace sockbox::tools {
namespace {

constexpr std::size_t max_waiting = 256 * 1024;  // bytes

}  // namespace

struct LineWriter::State {
    State(Output& to, ReportDrop report) : output(to), report_drop(std::move(report)) {}

    Output& output;
    const ReportDrop report_drop;
    std::mutex mutex;
    std::condition_variable changed;
    std::string waiting;
    std::uint64_t dropped = 0;
    bool started = false;
    bool closed = false;
    bool ended = true;  // no thread uses the output
};

LineWriter::LineWriter(Output& output, ReportDrop report_drop)
    : state_(std::make_shared<State>(output, std::move(report_drop))) {}

LineWriter::~LineWriter() {
    static_cast<void>(finish(std::chrono::hours(1)));
}

void LineWriter::write(std::string lines) noexcept {
    State& state = *state_;
    try {
        std::unique_lock lock(state.mutex);
        if (state.closed)
            return;
        if (!std::exchange(state.started, true)) {
            auto thread = net::start_thread([own = state_] { run(*own); });
            state.ended = !thread;
            if (thread)
                thread->detach();
        }
        if (state.ended) {
            lock.unlock();
            return state.output.write(lines);
        }
        if (state.dropped > 0 || state.waiting.size() + lines.size() > max_waiting)
            ++state.dropped;
        else
            state.waiting += lines;
        state.changed.notify_all();
    } catch (const std::bad_alloc&) {
        const std::lock_guard lock(state.mutex);
        ++state.dropped;
    }
}

void LineWriter::run(State& state) {
    std::unique_lock lock(state.mutex);
    for (;;) {
        state.changed.wait(
            lock, [&] { return state.closed || !state.waiting.empty() || state.dropped > 0; });
        if (state.waiting.empty() && state.dropped == 0)
            break;
        const std::string lines = std::exchange(state.waiting, {});
        const std::uint64_t dropped = std::exchange(state.dropped, 0);
        lock.unlock();
        state.output.write(lines);
        if (dropped > 0)
            state.output.write(state.report_drop(dropped));
        state.output.flush();
        lock.lock();
    }
    state.ended = true;
    state.changed.notify_all();
}

bool LineWriter::finish(std::chrono::nanoseconds limit) noexcept {
    std::unique_lock lock(state_->mutex);
    state_->closed = true;
    state_->changed.notify_all();
    return state_->changed.wait_for(lock, limit, [this] { return state_->ended; });
}

}  // namespace sockbox::tools
