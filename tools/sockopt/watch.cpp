// The loop of `sockopt --watch`.
#include "tools/sockopt/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "inspect/destroyed_sockets.h"
#include "inspect/socket_watch.h"
#include "report/counted.h"
#include "text/text.h"
#include "text/units.h"
#include "tools/front/command.h"
#include "tools/front/interrupts.h"
#include "tools/front/terminal.h"
#include "tools/sockopt/search.h"
#include "tools/sockopt/socket_job.h"
#include "tools/sockopt/watch_view.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view tool = "sockopt";
constexpr auto min_interval = 1ms;
// How often what the kernel reported is taken, so that it need not be kept for a long interval.
constexpr auto between_looks = 250ms;

using Settings = SockoptSettings;
using Requests = std::vector<net::Request>;

net::WatchRules rules_of(const Settings& settings, const Requests& requests,
                         bool ends_are_reported) {
    return {!requests.empty(), ends_are_reported, settings.selection.filter()};
}

class Watching {
  public:
    Watching(const Settings& settings, const Requests& requests, Io io, net::StopSignal& stop,
             std::optional<net::DestroyedSockets> ends)
        : settings_(settings),
          requests_(requests),
          io_(io),
          stop_(stop),
          ends_(std::move(ends)),
          view_(make_watch_view(settings, requests.empty(), io)),
          watch_(rules_of(settings, requests, ends_.has_value()), *view_) {}

    // Watches the sockets that match the filter; `own`, if it is given, instead.
    int run(std::optional<net::FoundSocket> own);

  private:
    // How a reading ended: the next one follows, or there is none, with this exit status.
    using Next = std::optional<int>;

    Next read_once();
    int end_without_sockets(const std::string& why);
    Next read_own();
    Next read_descriptor();
    Next search();
    Next after_search(const net::Result<net::SearchOutcome>& done);
    void take(net::FoundSocket& target, net::Clock::time_point began);
    void take_matching(net::FoundSocket& target);
    void read_options(const net::FoundSocket& target,
                      const std::function<void(const net::Outcome&)>& use);
    void take_ends();
    Next wait_until(net::Deadline due);
    void note(const std::string& text);
    void note_error(const net::Error& error);
    int end(int status) {
        return finish(io_, tool, stop_.raised() ? status_of_interrupt() : status);
    }

    const Settings& settings_;
    const Requests& requests_;
    const Io io_;
    net::StopSignal& stop_;
    std::optional<net::DestroyedSockets> ends_;
    const std::unique_ptr<WatchView> view_;
    net::SocketWatch watch_;
    std::optional<net::FoundSocket> own_;
    std::optional<net::HostProcess> process_;  // the one selected by its ID
    std::optional<net::OptionReader> reader_;  // of the current reading
    bool is_first_ = true;
    std::optional<net::Error> refusal_;  // the first one of this reading
    std::size_t refused_ = 0;            // processes
    int refused_by_ = 0;                 // the latest of them
};

void Watching::note(const std::string& text) {
    view_->leave();
    io_.out.flush();
    io_.err.print("{}: {}\n", tool, text);
}

void Watching::note_error(const net::Error& error) {
    view_->leave();
    io_.out.flush();
    print_error(io_, tool, error);
}

// Of the named options, those that a found socket does not have are left out, as without --watch.
void Watching::read_options(const net::FoundSocket& target,
                            const std::function<void(const net::Outcome&)>& use) {
    if (requests_.empty())
        return reader_->read(target.socket, target.facts, use);
    const bool skips = settings_.selection.searches() && !settings_.work.all;
    for (const net::Request& request : requests_) {
        if (skips && !applies(request.option.row(), target.facts.kind))
            continue;
        const net::Option& option = request.option;
        auto value = try_read(target.socket, option);
        net::Outcome outcome{option, fail(net::Error()), {}, {}};
        if (value)
            outcome.value = std::move(*value);
        else
            outcome.value = fail(explain_refusal({value.error(), {}, option.name(), {}, {}}, option,
                                                 target.facts.kind));
        outcome.of_other_namespace = target.facts.other_namespace != 0;
        if (is_first_ && !value && !settings_.selection.searches())
            note_error(outcome.value.error());
        use(outcome);
    }
}

// The time at which the facts, whose reading began at `began`, were read. If they were not read at
// once, because this process was stopped meanwhile, they are read again, so that rates are true.
net::Clock::time_point time_of_facts(net::FoundSocket& target, net::Clock::time_point began) {
    constexpr auto at_once = 5ms;
    constexpr int max_tries = 5;
    auto now = net::Clock::now();
    for (int tries = 0; now - began > at_once && tries < max_tries && target.socket.valid();
         ++tries) {
        began = now;
        if (auto facts = facts_of(target.socket))
            target.facts = std::move(*facts);
        now = net::Clock::now();
    }
    return now;
}

// Closes a socket of another process before anything else, because that would delay its FIN.
void Watching::take(net::FoundSocket& target, net::Clock::time_point began) {
    const std::uint64_t identity = net::SocketWatch::identity(target);
    if (watch_.has(identity))
        return;
    OutcomeWriter* writer = watch_.knows(identity) ? nullptr : view_->results();
    net::SocketReading reading;
    reading.when = time_of_facts(target, began);
    if (writer != nullptr)
        writer->begin(target);
    const bool is_open = reading.was_open = target.socket.valid();
    if (is_open)
        read_options(target, [&](const net::Outcome& outcome) {
            reading.add(outcome);
            if (writer != nullptr && (!settings_.work.diff || outcome.usual != nullptr))
                writer->write(outcome);
        });
    if (!own_)
        target.socket.close();
    if (writer != nullptr && is_open)
        writer->end();
    else if (writer != nullptr)
        writer->refuse({net::platform::error_of(std::errc::operation_not_permitted),
                        {},
                        heading(target),
                        "no permission to inspect the process that holds it",
                        {}});
    reading.target.facts = target.facts;
    reading.target.descriptor = target.descriptor;
    reading.target.process = target.process;
    reading.target.inode = target.inode;
    reading.target.cookie = target.cookie;
    reading.target.user = target.user;
    watch_.add(std::move(reading));
}

Watching::Next Watching::read_own() {
    const auto began = net::Clock::now();
    if (auto facts = facts_of(own_->socket))
        own_->facts = std::move(*facts);
    take(*own_, began);
    watch_.end();
    return std::nullopt;
}

// One descriptor of a process, until it is closed or is another socket.
Watching::Next Watching::read_descriptor() {
    const auto began = net::Clock::now();
    auto target = open_target(settings_.selection, std::nullopt);
    if (!target && is_first_)
        return report_unavailable(settings_, io_, target.error());
    const bool is_same = target && (is_first_ || watch_.knows(net::SocketWatch::identity(*target)));
    if (is_same)
        take(*target, began);
    watch_.end();
    if (is_same)
        return std::nullopt;
    return target ? end_without_sockets(
                        fmt::format("descriptor {} of process {} is another socket now",
                                    *settings_.selection.descriptor, *settings_.selection.pid))
                  : end_without_sockets(target.error().message());
}

// Reports all sockets as gone, with their last statistics if the kernel sends these soon.
int Watching::end_without_sockets(const std::string& why) {
    constexpr auto soon = 100ms;
    if (ends_)
        wait_while_read(io_.out.file(), stop_, net::deadline_in(soon));
    take_ends();
    for (int reading = 0; reading < 2; ++reading) {
        watch_.begin();
        watch_.end();
    }
    note(net::printable(why));
    return end(exit_ok);
}

void Watching::take_matching(net::FoundSocket& target) {
    const auto began = net::Clock::now();
    const auto fits = net::open_if_matching(target, settings_.selection.filter());
    if (fits && *fits) {
        if (target.process)
            target.cookie = net::cookie_of(target.socket);
        return take(target, began);
    }
    if (fits)
        return;
    if (std::exchange(refused_by_, target.process->pid()) != target.process->pid())
        ++refused_;
    if (!refusal_)
        refusal_ = fits.error();
}

// The ID of a process that has ended may be given to another one.
Watching::Next Watching::search() {
    if (is_first_ && settings_.selection.pid)
        if (auto process = net::HostProcess::open(static_cast<int>(*settings_.selection.pid)))
            process_ = std::move(*process);
    if (const auto alive = process_ ? process_->check_alive() : net::Status(); !alive && !is_first_)
        return end_without_sockets(alive.error().message());
    refusal_.reset();
    refused_ = 0;
    refused_by_ = 0;
    const auto done = net::search(
        settings_.selection.filter(),
        [this](net::FoundSocket&& found) {
            take_matching(found);
            return !stop_.raised() && !io_.out.error();
        },
        &stop_);
    if (stop_.raised() || io_.out.error())
        return end(exit_ok);
    return after_search(done);
}

Watching::Next Watching::after_search(const net::Result<net::SearchOutcome>& done) {
    const Selection& selection = settings_.selection;
    if (!done && is_first_)
        return report_unavailable(settings_, io_, done.error());
    if (!done) {
        note_error(done.error());
        note("this reading is incomplete");
        return std::nullopt;
    }
    if (is_first_ && selection.pid && done->process_error)
        return report_unavailable(settings_, io_, *done->process_error);
    if (is_first_ && refusal_ && watch_.size() == 0 && selection.pid)
        return report_unavailable(settings_, io_, *refusal_);
    watch_.end();
    if (selection.pid && done->process_error)
        return end_without_sockets(done->process_error->message());
    if (!is_first_ || settings_.common.quiet)
        return std::nullopt;
    if (const std::size_t closed = done->inaccessible_processes + refused_; closed > 0)
        note(
            fmt::format("{} could not be inspected: that requires the same user, or CAP_SYS_PTRACE",
                        report::counted(closed, "process", "processes")));
    if (watch_.size() == 0)
        note("no socket matches yet");
    return std::nullopt;
}

Watching::Next Watching::read_once() {
    // A new one for each reading: what it keeps of each network namespace does not add up.
    net::WorkOptions work = settings_.work;
    work.compare = is_first_ || settings_.common.json;
    work.buffer_story = work.buffer_story && is_first_;
    work.diff = false;
    reader_.emplace(work);
    watch_.begin();
    view_->begin();
    if (own_)
        return read_own();
    return settings_.selection.searches() ? search() : read_descriptor();
}

void Watching::take_ends() {
    if (!ends_)
        return;
    const auto taken = ends_->take();
    for (const net::DestroyedSocket& destroyed : taken.sockets)
        watch_.destroyed(destroyed, net::Clock::now());
    if (!taken.lost)
        return;
    view_->lost_ends();
    if (!settings_.common.quiet)
        note("more sockets ended than the kernel's queue holds: some are not reported");
}

Watching::Next Watching::wait_until(net::Deadline due) {
    for (;;) {
        const auto look = ends_ ? std::min(due, net::deadline_in(between_looks)) : due;
        switch (wait_while_read(io_.out.file(), stop_, look)) {
            case WaitEnd::stopped:
            case WaitEnd::unread: return end(exit_ok);
            case WaitEnd::due: break;
        }
        take_ends();
        io_.out.flush();
        if (io_.out.error())
            return end(exit_ok);
        if (net::Clock::now() >= due)
            return std::nullopt;
    }
}

int Watching::run(std::optional<net::FoundSocket> own) {
    own_ = std::move(own);
    auto due = net::Clock::now();
    for (;;) {
        if (const Next ended = read_once())
            return *ended;
        take_ends();
        view_->end();
        is_first_ = false;
        io_.out.flush();
        if (io_.out.error())
            return end(exit_ok);
        // Readings that were missed, because one took too long or this process was stopped, are
        // left out.
        const auto now = net::Clock::now();
        due = std::max(net::deadline_after(due, settings_.interval), now);
        if (const Next ended = wait_until(due))
            return *ended;
    }
}

// Opens a socket that is ours while it is watched: a new or an inherited one.
net::Result<net::FoundSocket> open_own(const Selection& selection) {
    const auto where = destinations(selection);
    if (!where)
        return net::fail(where.error());
    net::Result<net::FoundSocket> target = net::fail(net::Error());
    for (const Destination& destination : *where) {
        target = open_target(selection, destination);
        const auto up = target ? bring_up(*target, selection, destination) : net::Status();
        if (target && up)
            break;
        if (target)
            target = net::fail(up.error());
    }
    return target;
}

}  // namespace

net::Status check_watch(const Settings& settings, const Requests& requests) {
    if (settings.interval < min_interval)
        return net::fail_text(fmt::format("--watch: '{}' is out of range: expected at least {}",
                                          net::format_duration(settings.interval),
                                          net::format_duration(min_interval)));
    if (settings.values)
        return net::fail_text("--watch and --values are mutually exclusive");
    if (settings.story)
        return net::fail_text("--watch and --story are mutually exclusive");
    if (!settings.command.empty())
        return net::fail_text("--watch and a COMMAND are mutually exclusive");
    for (const net::Request& request : requests)
        if (request.action != net::Request::Action::read)
            return net::fail_text(fmt::format("--watch only reads: {} cannot be set meanwhile",
                                              request.option.name()));
    return {};
}

int watch_sockets(const Settings& settings, const Requests& requests, Io io) {
    net::platform::raise_descriptor_limit();  // each process with sockets takes two
    const Selection& selection = settings.selection;
    std::optional<net::FoundSocket> own;
    if (!selection.pid && !selection.searches()) {
        auto opened = open_own(selection);
        if (!opened)
            return report_unavailable(settings, io, opened.error());
        own = std::move(*opened);
    }
    auto stop = net::StopSignal::create();
    if (!stop)
        return report_unavailable(settings, io, stop.error());
    const CaughtInterrupts interrupts(io, *stop, CaughtInterrupts::brief);
    std::optional<net::DestroyedSockets> ends;
    if (!own) {
        auto created = net::DestroyedSockets::create(selection.port);
        if (created)
            ends = std::move(*created);
        else if (settings.common.verbose)
            io.err.print("{}: sockets that come and go between two readings are not seen: {}\n",
                         tool, net::printable(created.error().message()));
    }
    return Watching(settings, requests, io, *stop, std::move(ends)).run(std::move(own));
}

}  // namespace sockbox::tools
