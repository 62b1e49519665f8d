// A bounded queue of lines and the thread that empties it.
#include "tools/server/line_writer.h"

#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "serve/engines/signal_thread.h"
#include "system/memory.h"
#include "system/thread.h"

namespace sockbox::tools {
namespace {

constexpr std::size_t max_waiting = 256 * 1024;  // bytes

enum class Progress : std::uint8_t {
    waits,   // for start()
    runs,    // the thread uses the output
    direct,  // there is no thread: the callers of write() use it
    ended,
};

}  // namespace

struct LineWriter::State {
    State(Output& to, ReportDrop report) : output(to), report_drop(std::move(report)) {}

    Output& output;
    const ReportDrop report_drop;
    std::mutex mutex;
    std::condition_variable changed;
    std::string waiting;
    std::uint64_t dropped = 0;
    bool closed = false;
    Progress progress = Progress::waits;
};

LineWriter::LineWriter(Output& output, ReportDrop report_drop)
    : state_(std::make_shared<State>(output, std::move(report_drop))) {}

LineWriter::~LineWriter() {
    static_cast<void>(finish(std::chrono::hours(1)));
}

// A handler must not run on a thread that may outlive what it refers to.
net::Result<std::thread> LineWriter::start_thread() noexcept {
    try {
        const serve::SignalsBlocked blocked;
        return net::start_thread([own = state_] { run(*own); });
    } catch (const std::bad_alloc&) {
        return net::fail(net::out_of_memory("start"));
    }
}

void LineWriter::start() noexcept {
    State& state = *state_;
    std::unique_lock lock(state.mutex);
    if (state.progress != Progress::waits)
        return;
    auto thread = start_thread();
    state.progress = thread ? Progress::runs : Progress::direct;
    if (thread)
        return thread->detach();
    lock.unlock();
    write_out(state, std::exchange(state.waiting, {}), 0);
}

void LineWriter::write(std::string lines) noexcept {
    State& state = *state_;
    std::unique_lock lock(state.mutex);
    if (state.progress == Progress::direct) {
        lock.unlock();
        return write_out(state, lines, 0);
    }
    try {
        const bool has_room =
            state.waiting.empty() || state.waiting.size() + lines.size() <= max_waiting;
        if (state.dropped > 0 || !has_room)
            ++state.dropped;
        else
            state.waiting += lines;
    } catch (const std::bad_alloc&) {
        ++state.dropped;
    }
    state.changed.notify_all();
}

void LineWriter::run(State& state) noexcept {
    std::unique_lock lock(state.mutex);
    for (;;) {
        state.changed.wait(
            lock, [&] { return state.closed || !state.waiting.empty() || state.dropped > 0; });
        if (state.waiting.empty() && state.dropped == 0)
            break;
        const std::string lines = std::exchange(state.waiting, {});
        const std::uint64_t dropped = std::exchange(state.dropped, 0);
        lock.unlock();
        write_out(state, lines, dropped);
        lock.lock();
    }
    state.progress = Progress::ended;
    state.changed.notify_all();
}

// If memory runs out, lines are lost, and the report on those lost before.
void LineWriter::write_out(State& state, const std::string& lines, std::uint64_t dropped) noexcept {
    try {
        state.output.write(lines);
        if (dropped > 0 && state.report_drop)
            state.output.write(state.report_drop(dropped));
        state.output.flush();
    } catch (const std::bad_alloc&) {
    }
}

bool LineWriter::finish(std::chrono::nanoseconds limit) noexcept {
    start();
    std::unique_lock lock(state_->mutex);
    state_->closed = true;
    state_->changed.notify_all();
    return state_->changed.wait_for(lock, limit,
                                    [this] { return state_->progress != Progress::runs; });
}

}  // namespace sockbox::tools
