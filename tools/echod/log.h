// The log of echod, as lines of text or JSON on standard error.
#pragma once

#include <functional>

#include "serve/status/counters.h"
#include "tools/server/line_writer.h"

namespace sockbox::tools {

// Its methods may be called from any thread, and do not wait for the reader of the log: see
// LineWriter.
class EchodLog final : public serve::Observer {
  public:
    enum class Format : std::uint8_t { text, json };

    // Connections are logged only if `verbose`; trouble is always logged. If `colored`, lines of
    // text have colours for warnings and for how a connection ended. `output` must outlive the
    // object.
    EchodLog(Output& output, Format format, bool verbose, bool colored);

    void opened(const net::Endpoint& peer) override;
    void ended(const serve::ConnectionReport& report) override;
    void trouble(const net::Error& error) override;
    void drain_began() override;
    void ready() override;

    // Sets a function that is called when the engine is ready to serve.
    void on_ready(std::function<void()> act) { act_on_ready_ = std::move(act); }
    bool was_ready() const noexcept { return ready_; }

    // Sets a function that is called when the server stops accepting clients. It may be called from
    // any of the server's threads.
    void on_drain(std::function<void()> act) { act_on_drain_ = std::move(act); }

    // Logs a message about the server as a whole.
    void note(std::string_view text);

    // Logs the counters in one line.
    void status(const serve::Counters& counters);

    // Logs how many connections were aborted at the end, if any.
    void aborted(const serve::Counters& counters);

    // Nothing is written before start(); see LineWriter.
    void start() noexcept { writer_.start(); }

    // Writes what is left; see LineWriter::finish().
    bool finish(std::chrono::nanoseconds limit) noexcept { return writer_.finish(limit); }

  private:
    std::string to_line(std::string_view text) const;

    LineWriter writer_;
    Format format_;
    bool verbose_;
    bool colored_;
    bool ready_ = false;
    std::function<void()> act_on_ready_;
    std::function<void()> act_on_drain_;
};

}  // namespace sockbox::tools
