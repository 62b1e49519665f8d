// showip: show what getaddrinfo really returns for a name.
#include <fmt/format.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>

#include "net/input.h"
#include "net/name_sources.h"
#include "net/resolver.h"
#include "probe/lookup/lookup_queue.h"
#include "text/text.h"
#include "tools/front/cli.h"
#include "tools/front/interrupts.h"
#include "tools/front/progress.h"
#include "tools/showip/display.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "showip";

struct ShowipOptions {
    ShowipStyle style;
    probe::LookupPlan plan;
    bool by_source = false;
    std::vector<std::string> sources;  // to query one by one
    bool passive = false;
    bool canonical = false;
    bool numeric = false;
    std::string service;
    std::string file;
    net::ResolveHints hints;
    std::int64_t jobs = 16;
    std::chrono::nanoseconds wait{};
    std::optional<net::Deadline> until;  // the end of the wait
    std::vector<std::string> hosts;
};

// Stores the result of `parse`.
template <class Parse>
Take take_number(int& target, Parse parse) {
    return [&target, parse](std::string_view text) -> net::Status {
        const auto number = parse(text);
        if (!number)
            return net::fail(number.error());
        target = *number;
        return {};
    };
}

// Takes a port or a service name. getaddrinfo would accept 65536 as 0 and " 80" as 80, so a text
// that does not begin with a letter must be a valid port or a known service name.
Take take_service(std::string& target) {
    return [&target](std::string_view text) -> net::Status {
        const char first = text.empty() ? '\0' : text.front();
        const bool named = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
        if (!named)
            if (const auto port = net::resolve_port(text, net::Transport::tcp); !port)
                return net::fail(port.error());
        target = text;
        return {};
    };
}

void declare(Cli& cli, ShowipOptions& options) {
    cli.group("Addresses")
        .flag("-s,--short", "one address per line and nothing else", options.style.short_form)
        .flag("-l,--long", "every field of every addrinfo node", options.style.long_form)
        .option("-p,--service", "NAME", "service name or port", take_service(options.service))
        .completed_by(complete_with(Completion::Kind::services))
        .flag("--passive", "the addresses that a server would bind", options.passive)
        .option("-f,--file", "FILE", "names from FILE ('-': standard input), one per line",
                take_text(options.file))
        .flag("--numeric", "numeric addresses only; no lookup is made", options.numeric)
        .rest()
        .flag("--canonname", "also the canonical name", options.canonical)
        .option("--socktype", "TYPE", "any, stream (default), dgram, raw, seqpacket or a number",
                take_number(options.hints.socktype, net::parse_socket_type))
        .completed_by(complete_with(net::socket_type_words()))
        .option("--protocol", "NAME", "tcp, udp, ... or a number (default any)",
                take_number(options.hints.protocol, net::parse_protocol))
        .completed_by(complete_with(net::protocol_words()))
        .option("--flags", "LIST",
                "comma list of passive, canonname, numerichost, numericserv, v4mapped, all, "
                "addrconfig, idn, canonidn",
                take_number(options.hints.flags, net::parse_resolver_flags))
        .completed_by(complete_list_of(net::resolver_flag_words()))
        .group("What is known about them")
        .flag("-x,--reverse", "the name of each address, and whether it is confirmed",
              options.plan.examine.reverse)
        .flag("--source", "the source address and interface the kernel would use",
              options.plan.examine.route)
        .flag("--why",
              "the rule that put each address before the next, and what is special about it",
              options.plan.examine.why)
        .flag("--by-source", "query each source in nsswitch.conf separately", options.by_source)
        .flag("-c,--connect",
              "time a TCP connection to each address (needs -p), and show which one Happy Eyeballs "
              "would use",
              options.plan.examine.connect)
        .group("Lookups")
        .option("-t,--timeout", "DURATION",
                "limit for each lookup (default 12s) and connection (default 5s)",
                take_duration(options.plan.timeout))
        .option("-J,--jobs", "N", "lookups at once (default 16)",
                take_integer(options.jobs, 1, 1024))
        .option("--wait", "DURATION",
                "retry until every host resolves (with -c: connects) or the time is up",
                take_duration(options.wait))
        .flag("--stats", "at the end, the number of lookups and their times", options.style.stats)
        .common(options.style.common)
        .operands(options.hosts, 0, std::size_t(-1))
        .operands_completed_by([](Args /*before*/, std::string_view /*typed*/) {
            return Completion{Completion::Kind::hosts};
        })
        .example("showip www.example.com", "the addresses of a name")
        .example("showip --long -p https localhost", "all that getaddrinfo returned")
        .example("showip --passive -p 3490", "what a server would bind");
}

// An error message if options and hosts contradict each other, otherwise empty.
std::string contradiction(const ShowipOptions& options, const Cli& cli) {
    if (std::string mistake = cli.exclusion("short", {"long", "why", "reverse", "source"});
        !mistake.empty())
        return mistake;
    if (options.plan.timeout.count() == 0)
        return "--timeout must be more than 0s";
    if (options.plan.examine.connect && (options.service.empty() || options.service == "0"))
        return "--connect needs a port (--service)";
    if (options.plan.examine.connect && options.hints.socktype != SOCK_STREAM)
        return "--connect needs --socktype stream";
    if (options.by_source && (options.style.short_form || options.style.long_form ||
                              options.plan.examine.anything() || cli.given("wait")))
        return "--by-source cannot be combined with --short, --long, --reverse, --source, "
               "--connect, --why or --wait";
    if (cli.given("file"))
        return options.hosts.empty() ? "" : "hosts are given by --file or as operands, not both";
    const bool nothing = options.hosts.empty() && options.service.empty();
    if (nothing && (options.hints.flags & AI_PASSIVE) == 0)
        return "missing HOST";
    for (const std::string& host : options.hosts)
        if (const auto checked = net::check_host(host); !checked)
            return checked.error().message();
    return {};
}

constexpr std::size_t longest_line = 65536;

// The host in a line, without blanks and comment; empty if there is none.
std::string_view host_of(std::string_view line) {
    constexpr std::string_view blanks = " \t\r\n";
    line = line.substr(0, line.find('#'));
    const std::size_t begin = std::min(line.find_first_not_of(blanks), line.size());
    return line.substr(begin, line.find_last_not_of(blanks) + 1 - begin);
}

// Removes the byte order mark that some editors write at the beginning of a UTF-8 file.
std::string_view without_byte_order_mark(std::string_view line) {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    return line.starts_with(mark) ? line.substr(mark.size()) : line;
}

// Removes the brackets of an IPv6 address; an empty host stays empty.
std::string bare(const std::string& host) {
    return net::check_host(host).value_or(std::string());
}

void submit(const ShowipOptions& options, std::string host, probe::LookupQueue& queue) {
    for (const std::string& source : options.sources)
        queue.submit({host, options.service, options.hints, source});
    if (options.sources.empty())
        queue.submit({std::move(host), options.service, options.hints});
}

// Until the end of the file, or `stop` (may be null).
net::Status submit_lines(const ShowipOptions& options, int file, probe::LookupQueue& queue,
                         const net::StopSignal* stop) {
    net::LineReader lines(file, longest_line, stop);
    for (;;) {
        const auto line = lines.next();
        if (!line)
            return net::fail(line.error());
        if (!*line)
            return {};
        const std::string_view host =
            host_of(lines.number() == 1 ? without_byte_order_mark(**line) : **line);
        if (host.empty())
            continue;
        auto checked = net::check_host(host);
        if (checked) {
            submit(options, std::move(*checked), queue);
            continue;
        }
        net::Error error = checked.error();
        error.subject = fmt::format("{}:{}", net::escape(options.file), lines.number());
        queue.put(
            {{std::string(host), options.service, options.hints}, {}, net::fail(error), {}, {}});
    }
}

// Shows lookups as the queue completes them, with a progress line if they take long. With --json,
// an interrupt ends them, and each is shown; without, it ends the process at once.
class Shown {
  public:
    Shown(const ShowipOptions& options, Io io, ShowipDisplay& display, std::size_t total)
        : io_(io),
          display_(display),
          line_(io.err, !options.style.common.quiet,
                [&options, &display, total](auto elapsed) {
                    return display.so_far(elapsed, total, options.until);
                }),
          queue_(
              plan(options), [this](const auto& lookup) { show(lookup); },
              [this] { line_.aside([this] { io_.out.flush(); }); }) {
        if (line_.is_drawn())
            line_.aside([&display] { display.keep_times(); });
        if (options.style.common.json)
            catch_interrupts();
    }
    ~Shown() {
        queue_.finish();
        if (stop_ && stop_->raised())
            display_.note_interrupt();
    }
    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

    probe::LookupQueue& queue() noexcept { return queue_; }
    // Raised by an interrupt; null if that ends the process.
    const net::StopSignal* stop() const noexcept { return stop_ ? &*stop_ : nullptr; }

  private:
    void catch_interrupts() {
        if (auto stop = net::StopSignal::create()) {
            stop_.emplace(std::move(*stop));
            interrupts_.emplace(io_, *stop_, CaughtInterrupts::brief, [this] { queue_.cancel(); });
        }
    }
    void show(const probe::Lookup& lookup) {
        line_.aside([&] { display_.show(lookup); });
    }
    probe::LookupPlan plan(const ShowipOptions& options) {
        probe::LookupPlan plan = options.plan;
        if (options.style.common.verbose)
            plan.again = [this](const auto& lookup) {
                line_.aside([&] { display_.again(lookup); });
            };
        return plan;
    }

    Io io_;
    ShowipDisplay& display_;
    ElapsedLine line_;
    probe::LookupQueue queue_;  // uses the line, so it is destroyed first
    std::optional<net::StopSignal> stop_;
    std::optional<CaughtInterrupts> interrupts_;
};

void show_file(const ShowipOptions& options, Io io, ShowipDisplay& display) {
    const bool standard = options.file == "-";
    const int file = standard ? io.in : net::platform::open_file(options.file);
    if (file < 0)
        return display.fail(
            {net::platform::last_file_error(), "open", net::escape(options.file), {}, {}});
    net::Status read;
    {
        Shown shown(options, io, display, 0);
        read = submit_lines(options, file, shown.queue(), shown.stop());
    }
    if (!read)
        display.fail({read.error().code, "read", net::escape(options.file), {}, {}});
    if (!standard)
        net::platform::close_file(file);
}

// Whether all hosts are addresses and nothing else is requested, so that no lookup can take long.
bool needs_no_lookup(const ShowipOptions& options) {
    return !options.plan.examine.anything() && options.sources.empty() &&
           std::all_of(options.hosts.begin(), options.hosts.end(), [](const std::string& host) {
               return net::Endpoint::parse(host).has_value();
           });
}

void show_operands(const ShowipOptions& options, Io io, ShowipDisplay& display) {
    std::vector<std::string> hosts = options.hosts;
    if (hosts.empty())
        hosts.emplace_back();
    if (needs_no_lookup(options)) {  // avoids the cost of threads for an address in a script
        for (const std::string& host : hosts)
            display.show(probe::look_up({bare(host), options.service, options.hints}));
        return;
    }
    Shown shown(options, io, display,
                hosts.size() * std::max<std::size_t>(options.sources.size(), 1));
    for (const std::string& host : hosts)
        submit(options, bare(host), shown.queue());
}

// Prepares to query the sources one by one. There is one lookup at a time, because the choice of
// the source applies to the whole process.
net::Status use_sources(ShowipOptions& options) {
    if (!options.by_source)
        return {};
    auto sources = net::name_sources();
    if (!sources)
        return net::fail(sources.error());
    options.sources = std::move(*sources);
    options.style.sources = options.sources.size();
    options.plan.jobs = 1;
    return {};
}

// The resolver takes the encoding of international names from the locale. Only LC_CTYPE is set, so
// that the decimal point of numbers does not change.
void use_locale_for_names(const ShowipOptions& options) {
#ifdef AI_IDN
    if ((options.hints.flags & (AI_IDN | AI_CANONIDN)) != 0)
        std::setlocale(LC_CTYPE, "");
#else
    static_cast<void>(options);
#endif
}

// Notes environment variables that change how the resolver works: hostname(7), resolv.conf(5).
void note_environment(Io io) {
    constexpr std::size_t shown = 60;
    for (const char* name : {"RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES"})
        if (const char* value = std::getenv(name)) {
            const std::string_view all(value);
            io.err.print("{}: note: {} is set: {}{}\n", tool, name,
                         net::escape(all.substr(0, shown)), all.size() > shown ? "..." : "");
        }
}

}  // namespace

int showip(Args args, Io io) {
    ShowipOptions options;
    Cli cli(tool, "Show the addresses that the system's resolver returns for a name.",
            {"[OPTION]... HOST...", "[OPTION]... -f FILE", "--passive [-p SERVICE]"});
    declare(cli, options);
    if (const auto status = cli.parse(args, io))
        return *status;
    options.hints.family = net::native_family(options.style.common.family);
    options.hints.flags |= (options.passive ? AI_PASSIVE : 0) |
                           (options.canonical ? AI_CANONNAME : 0) |
                           (options.numeric ? AI_NUMERICHOST : 0);
    if (const std::string mistake = contradiction(options, cli); !mistake.empty())
        return cli.refuse(io, mistake);
    use_locale_for_names(options);
    options.plan.jobs = static_cast<std::size_t>(options.jobs);
    if (cli.given("timeout"))
        options.plan.examine.connect_timeout = options.plan.timeout;
    if (cli.given("wait"))
        options.plan.retry_until = options.until = net::deadline_in(options.wait);
    if (!options.style.common.json)
        io.out.wrap_on_terminal();
    const net::Status ready = use_sources(options);
    ShowipDisplay display(options.style, io);
    if (!ready) {
        display.fail(ready.error());
        return finish(io, tool, display.status());
    }
    if (options.style.common.verbose)
        note_environment(io);
    if (cli.given("file"))
        show_file(options, io, display);
    else
        show_operands(options, io, display);
    if (options.by_source)
        net::use_all_name_sources();
    display.end();
    return finish(io, tool, display.status());
}

}  // namespace sockbox::tools
