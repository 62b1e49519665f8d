// Opens the selected sockets and carries out the requests on them.
#include "tools/sockopt/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "inspect/socket_search.h"
#include "report/counted.h"
#include "system/host.h"
#include "system/processors.h"
#include "text/text.h"
#include "tools/front/command.h"
#include "tools/front/ordered_workers.h"
#include "tools/sockopt/command.h"
#include "tools/sockopt/outcome_writer.h"
#include "tools/sockopt/socket_job.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "sockopt";

using Settings = SockoptSettings;
using Requests = std::vector<net::Request>;

// The sockets as selected on the command line.
report::Json named_json(const Selection& selection) {
    auto named = report::Json::object().set("pid", selection.pid).set("fd", selection.descriptor);
    if (!selection.process.empty())
        named.set("process", selection.process);
    if (selection.port)
        named.set("port", *selection.port);
    if (selection.listening)
        named.set("listening", true);
    if (!selection.listen.empty())
        named.set("listen", selection.listen);
    if (!selection.connect.empty())
        named.set("connect", selection.connect);
    return named;
}

void write_failure(const Settings& settings, Io io, const net::Error& error) {
    if (settings.common.json)
        io.out.print("{}\n", report::event(tool, "result", std::chrono::system_clock::now())
                                 .set("socket", named_json(settings.selection))
                                 .set("error", to_json(error))
                                 .to_string());
}

bool only_reads(const Requests& requests) {
    return std::all_of(requests.begin(), requests.end(), [](const net::Request& request) {
        return request.action == net::Request::Action::read;
    });
}

// The results for a batch of sockets that a search found.
struct BatchReport {
    struct Refusal {
        int pid;
        net::Error error;
    };
    std::string out;
    std::string err;
    int status = exit_ok;
    std::size_t found = 0;            // matching sockets
    std::size_t written = 0;          // outcomes written
    bool closed = false;              // a matching socket was unavailable
    bool refused = false;             // a set was refused, so no other socket is worked on
    std::optional<net::Error> ended;  // a process with matching sockets has ended meanwhile
    std::vector<Refusal> refusals;
};

// Carries out requests with a SocketJob of its own. Writes to `direct`, or into its reports if
// `direct` is null.
class SearchWorker {
  public:
    SearchWorker(const Settings& settings, const Requests& requests, const WriterOptions& options,
                 const Io* direct)
        : filter_(settings.selection.filter()),
          job_(settings, requests, options, direct != nullptr ? *direct : Io{-1, out_, err_}) {}

    // `spare` is a text that is no longer needed, whose memory is used for a later report.
    BatchReport work_on(std::vector<net::FoundSocket>& sockets, std::string spare) {
        BatchReport report;
        const std::size_t before = job_.written();
        for (net::FoundSocket& socket : sockets)
            if (!job_.refused())
                work_on(socket, report);
        report.out = out_.take(std::move(spare));
        report.err = err_.take();
        report.status = job_.status();
        report.written = job_.written() - before;
        report.closed = job_.closed();
        report.refused = job_.refused();
        return report;
    }

  private:
    void work_on(net::FoundSocket& socket, BatchReport& report) {
        const auto fits = net::open_if_matching(socket, filter_);
        if (!fits)
            report.refusals.push_back({socket.process->pid(), fits.error()});
        if (fits && !*fits && !report.ended)
            report.ended = end_of_process(socket);
        if (!fits || !*fits)
            return;
        ++report.found;
        job_.work_on(socket);
    }

    // Whether a socket did not match because its process, which was asked for, has ended. Looks at
    // the descriptor first, because most are still open, and the state of a process takes long.
    std::optional<net::Error> end_of_process(const net::FoundSocket& socket) const {
        if (!filter_.pid && filter_.process.empty())
            return std::nullopt;
        if (!socket.process || socket.process->socket_inode(*socket.descriptor))
            return std::nullopt;
        const auto alive = socket.process->check_alive();
        return alive ? std::nullopt : std::optional(alive.error());
    }

    const net::SocketFilter filter_;
    Output out_;
    Output err_;
    SocketJob job_;
};

// Carries out the requests on all matching sockets. If sockets are only read, threads process them
// in batches: large enough that passing them on costs little, small enough that the first lines
// appear soon.
class SocketSearch {
  public:
    SocketSearch(const Settings& settings, const Requests& requests, Io io);
    int run();

  private:
    bool take(net::FoundSocket&& found);
    void dispatch_batch();
    void use(BatchReport& report);
    std::string spare_text();
    void remark_on(const net::SearchOutcome& search);
    void remark_on(const net::Error& error, std::string_view why, int status);
    void note(const std::string& text, int status = exit_ok);
    void nothing_done(std::errc code, const std::string& why);

    const Settings& settings_;
    const Requests& requests_;
    const Io io_;
    // All options of a socket are several kilobytes of text, which the threads hold until their
    // turn; of a few options, a batch must be larger to be worth passing on.
    const std::size_t batch_size_ = requests_.empty() ? 8 : 64;
    bool left_unchanged_ = false;  // sockets were found after a set was refused
    bool follows_ = false;  // something was written, so an empty line comes before the next text
    bool is_apart_ = true;  // texts begin with an empty line
    BatchReport sum_;
    std::atomic<int> refused_by_ = 0;   // the PID of the latest process with an unreadable socket
    std::deque<SearchWorker> workers_;  // one for each thread
    std::vector<net::FoundSocket> batch_;
    // Keeps the current process until the calling thread releases it: a thread with its own
    // descriptor table would close only its copy.
    std::shared_ptr<const net::HostProcess> process_;
    // Texts that were written. With their memory used again, it does not grow by fragments.
    std::mutex spare_mutex_;
    std::vector<std::string> spare_texts_;
    std::optional<OrderedWorkers> threads_;  // only if the requests just read
};

SocketSearch::SocketSearch(const Settings& settings, const Requests& requests, Io io)
    : settings_(settings), requests_(requests), io_(io) {
    constexpr std::size_t max_threads = 4;  // with more, reading /proc is the bottleneck
    const std::size_t cores = net::usable_processors();
    WriterOptions options = writer_options(settings, requests.empty(), io.out);
    if (!only_reads(requests)) {
        workers_.emplace_back(settings, requests, options, &io_);
        return;
    }
    options.follows = true;
    is_apart_ = !options.json && !options.values && options.heading;
    // Separate descriptor tables work only for a single process, which is open before the threads
    // start: processes opened later would be missing from the tables.
    const auto begin = [one = settings.selection.pid.has_value()] {
        if (one)
            net::separate_descriptors();
    };
    threads_.emplace(std::min(cores, max_threads), begin);
    for (std::size_t i = 0; i < std::min(cores, max_threads); ++i)
        workers_.emplace_back(settings, requests, options, nullptr);
}

void SocketSearch::note(const std::string& text, int status) {
    io_.err.print("{}: {}\n", tool, text);
    sum_.status = std::max(sum_.status, status);
}

void SocketSearch::remark_on(const net::Error& error, std::string_view why, int status) {
    print_error(io_, tool, error);
    note(fmt::format("the list is incomplete: {}", why), status);
}

// Reports a failure that concerns no single socket.
void SocketSearch::nothing_done(std::errc code, const std::string& why) {
    note(why, exit_refused);
    write_failure(settings_, io_, {std::make_error_code(code), {}, {}, why, {}});
}

// Returns false if the search should skip the rest of the process.
bool SocketSearch::take(net::FoundSocket&& found) {
    if (!threads_ && sum_.refused) {  // threads only read
        left_unchanged_ = left_unchanged_ || is_socket(found);
        return !left_unchanged_;
    }
    const int pid = found.process ? found.process->pid() : 0;
    if (process_ != found.process)
        process_ = found.process;
    batch_.push_back(std::move(found));
    if (threads_ && batch_.size() < batch_size_)
        return true;
    dispatch_batch();
    const bool is_closed = pid != 0 && refused_by_ == pid;
    return !is_closed && !io_.out.error();
}

void SocketSearch::dispatch_batch() {
    auto batch = std::make_shared<std::vector<net::FoundSocket>>(std::exchange(batch_, {}));
    if (!threads_) {
        BatchReport report = workers_.front().work_on(*batch, spare_text());
        return use(report);
    }
    batch_.reserve(batch_size_);
    threads_->give([this, batch](std::size_t thread) {
        auto report = std::make_shared<BatchReport>(workers_[thread].work_on(*batch, spare_text()));
        return [this, report] { use(*report); };
    });
}

std::string SocketSearch::spare_text() {
    const std::lock_guard lock(spare_mutex_);
    if (spare_texts_.empty())
        return {};
    std::string text = std::move(spare_texts_.back());
    spare_texts_.pop_back();
    return text;
}

void SocketSearch::use(BatchReport& report) {
    std::string_view text = report.out;
    if (is_apart_ && !follows_ && !text.empty())
        text.remove_prefix(1);
    follows_ = follows_ || !text.empty();
    io_.err.write(report.err);
    io_.out.write(text);
    {
        const std::lock_guard lock(spare_mutex_);
        spare_texts_.push_back(std::move(report.out));
    }
    sum_.status = std::max(sum_.status, report.status);
    sum_.found += report.found;
    sum_.written += report.written;
    sum_.closed = sum_.closed || report.closed;
    sum_.refused = sum_.refused || report.refused;
    if (!sum_.ended)
        sum_.ended = report.ended;
    // Keep one refusal for each process.
    for (const BatchReport::Refusal& refusal : report.refusals)
        if (refused_by_.exchange(refusal.pid) != refusal.pid)
            sum_.refusals.push_back(refusal);
}

void SocketSearch::remark_on(const net::SearchOutcome& search) {
    const std::optional<net::Error>& ended =
        search.process_error ? search.process_error : sum_.ended;
    if (ended)
        remark_on(*ended, "the process has ended", exit_mismatch);
    if (left_unchanged_)
        note("a set was refused: the sockets after it are left unchanged");
    std::size_t closed = search.inaccessible_processes;
    const net::Error* trouble = nullptr;
    for (const BatchReport::Refusal& refusal : sum_.refusals)
        if (!settings_.selection.pid && net::is_not_permitted(refusal.error.code))
            ++closed;
        else if (trouble == nullptr)
            trouble = &refusal.error;
    if (trouble != nullptr)
        remark_on(*trouble, "some sockets are unavailable", exit_refused);
    if (closed > 0 && !settings_.common.quiet)
        note(
            fmt::format("{} could not be inspected: that requires the same user, or CAP_SYS_PTRACE",
                        report::counted(closed, "process", "processes")));
    const Selection& selection = settings_.selection;
    if (sum_.found == 0 && !selection.process.empty() && !selection.pid &&
        !search.any_process_matched)
        nothing_done(std::errc::no_such_process,
                     fmt::format("no process has the name '{}'", net::escape(selection.process)));
    else if (sum_.found == 0)
        nothing_done(std::errc::no_such_file_or_directory, "no socket matches");
    else if (sum_.written == 0 && !requests_.empty() && !sum_.closed)
        nothing_done(std::errc::no_protocol_option, "no matching socket has such an option");
}

int SocketSearch::run() {
    auto done = net::search(settings_.selection.filter(),
                            [this](net::FoundSocket&& found) { return take(std::move(found)); });
    if (!batch_.empty())
        dispatch_batch();
    if (threads_)
        threads_->finish();
    if (!done)
        return report_unavailable(settings_, io_, done.error());
    if (!done->process_error && settings_.selection.pid)
        done->process_error = sum_.ended;
    // The process selected with --pid had no matching socket: its error explains why.
    if (sum_.found == 0 && settings_.selection.pid) {
        if (!sum_.refusals.empty())
            return report_unavailable(settings_, io_, sum_.refusals.front().error);
        if (done->process_error)
            return report_unavailable(settings_, io_, *done->process_error);
    }
    remark_on(*done);
    return finish(io_, tool, sum_.status);
}

}  // namespace

int report_unavailable(const Settings& settings, Io io, const net::Error& error) {
    print_error(io, tool, error);
    if (!is_mistake(error))
        write_failure(settings, io, error);
    return finish(io, tool, is_mistake(error) ? exit_usage : status_of(error));
}

int on_matching_sockets(const Settings& settings, const Requests& requests, Io io) {
    return SocketSearch(settings, requests, io).run();
}

int on_one_socket(const Settings& settings, const Requests& requests, Io io) {
    const auto where = destinations(settings.selection);
    if (!where)
        return report_unavailable(settings, io, where.error());
    SocketJob job(settings, requests, writer_options(settings, requests.empty(), io.out), io);
    for (const Destination& destination : *where) {
        auto target = open_target(settings.selection, destination);
        const bool last = &destination == &where->back();
        if (!target && last)
            return report_unavailable(settings, io, target.error());
        if (!target) {  // such as no IPv6 here: the next address may be of the other family
            print_error(io, tool, target.error());
            continue;
        }
        if (!job.work_on_new(*target, destination, last))
            continue;
        if (settings.command.empty() || job.status() != exit_ok)
            break;
        io.out.flush();
        return report_unavailable(settings, io,
                                  exec_with_socket(settings.command, std::move(target->socket)));
    }
    return finish(io, tool, job.status());
}

}  // namespace sockbox::tools
