// Writes lines on a thread of its own, so that no other thread waits for the reader of the output.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "system/result.h"
#include "tools/front/io.h"

namespace sockbox::tools {

// A write to a full pipe, or to a terminal that was stopped with Ctrl-S, blocks. Lines are queued
// in order; what would make more than 256 KiB wait behind others is dropped and counted. Every
// method but finish() may be called from any thread, and none of them blocks for the output.
class LineWriter {
  public:
    // Returns the line that reports how many writes were dropped; may be empty.
    using ReportDrop = std::function<std::string(std::uint64_t)>;

    // `output` must outlive the object, and be written to by others only before start() and after
    // finish().
    LineWriter(Output& output, ReportDrop report_drop);
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;
    // Waits for the output if finish() was not called.
    ~LineWriter();

    // Starts the thread, which inherits the rights of the caller. If the system cannot start one,
    // lines are written at once from now on.
    void start() noexcept;

    // Queues whole lines.
    void write(std::string lines) noexcept;

    // Waits until everything is written and the thread, which is started now if it was not, has
    // ended, but no longer than `limit`. If it returns false, the thread is still writing to
    // `output` and may never finish: the process must then end without using or destroying the
    // output.
    bool finish(std::chrono::nanoseconds limit) noexcept;

  private:
    struct State;
    net::Result<std::thread> start_thread() noexcept;
    static void run(State& state) noexcept;
    static void write_out(State& state, const std::string& lines, std::uint64_t dropped) noexcept;

    std::shared_ptr<State> state_;  // shared with the thread
};

}  // namespace sockbox::tools
