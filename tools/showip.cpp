// showip: what getaddrinfo really answers for a name.
#include <fmt/format.h>

#include <algorithm>
#include <clocale>

#include "net/addrinfo_names.h"
#include "net/escape.h"
#include "net/resolver_error.h"
#include "net/units.h"
#include "probe/lookup.h"
#include "tools/cli.h"
#include "tools/lines.h"
#include "tools/showip_views.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "showip";

struct Asked {
    Common common;
    bool short_form = false;
    bool long_form = false;
    bool passive = false;
    bool canonical = false;
    bool numeric = false;
    std::string service;
    std::string file;
    net::ResolveHints hints;
    std::vector<std::string> hosts;
};

// Stores what a parser of the library reads.
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

// A port or a service's name. getaddrinfo would take 65536 for 0 and " 80" for 80, so whatever
// does not begin as a name does has to be a port, or to be known under just that spelling.
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

void declare(Cli& cli, Asked& asked) {
    cli.flag("-s,--short", "one address a line and nothing else", asked.short_form)
        .flag("-l,--long", "every field of every addrinfo node", asked.long_form)
        .option("-p,--service", "NAME", "service name or port", take_service(asked.service))
        .option("--socktype", "TYPE", "any, stream (default), dgram, raw, seqpacket or a number",
                take_number(asked.hints.socktype, net::parse_socket_type))
        .option("--protocol", "NAME", "tcp, udp, … or a number (default any)",
                take_number(asked.hints.protocol, net::parse_protocol))
        .option("--flags", "LIST",
                "comma list of passive, canonname, numerichost, numericserv, v4mapped, all, "
                "addrconfig, idn, canonidn",
                take_number(asked.hints.flags, net::parse_resolver_flags))
        .flag("--passive", "the addresses a server would bind", asked.passive)
        .flag("--canonname", "the canonical name too", asked.canonical)
        .flag("--numeric", "numeric addresses only, asking nobody", asked.numeric)
        .option("-f,--file", "FILE", "names from FILE ('-': standard input), one a line",
                take_text(asked.file))
        .common(asked.common)
        .operands(asked.hosts, 0, std::size_t(-1))
        .example("showip www.example.com", "the addresses of a name")
        .example("showip --long -p https localhost", "all that getaddrinfo returned")
        .example("showip --passive -p 3490", "what a server would bind");
}

// What is wrong with options and hosts taken together; empty when nothing is.
std::string contradiction(const Asked& asked, const Cli& cli) {
    if (asked.short_form && asked.long_form)
        return "--short and --long exclude each other";
    if (cli.given("file") && asked.file.empty())
        return "--file: an empty name";
    if (cli.given("file"))
        return asked.hosts.empty() ? "" : "hosts come from --file or as operands, not both";
    const bool nothing = asked.hosts.empty() && asked.service.empty();
    if (nothing && (asked.hints.flags & AI_PASSIVE) == 0)
        return "want a host";
    for (const std::string& host : asked.hosts)
        if (const auto checked = net::check_host(host); !checked)
            return checked.error().message();
    return {};
}

// The exit status of a lookup that failed: hints that the resolver refuses are the user's mistake.
int status_of_lookup(const net::Error& error) {
    if (error.code.category() != net::resolver_category())
        return exit_refused;
    switch (error.code.value()) {
        case EAI_BADFLAGS:
        case EAI_FAMILY:
        case EAI_SOCKTYPE: return exit_usage;
        case EAI_MEMORY: return exit_refused;
        default: return exit_unresolved;
    }
}

// Writes lookups as they come and remembers the worst of their statuses.
class Display {
  public:
    Display(const Asked& asked, Io io) : asked_(asked), io_(io) {}

    void show(const probe::Lookup& lookup) {
        if (asked_.common.json)
            io_.out.write(showip_json(lookup));
        if (!lookup.answer) {
            fail(showip_failure(lookup), status_of_lookup(lookup.answer.error()));
            return;
        }
        if (!asked_.common.json)
            io_.out.write(text_of(lookup));
        if (!asked_.common.quiet && !asked_.common.json)
            for (const std::string& remark : probe::remarks_on(lookup))
                io_.err.print("{}: note: {}\n", tool, remark);
        if (asked_.common.verbose)
            io_.err.print("{}: {}: {} nodes in {}\n", tool, net::escape(lookup.question.host),
                          lookup.answer->addresses.size(),
                          net::format_approximately(lookup.elapsed));
    }

    void fail(const net::Error& error, int status) {
        io_.out.flush();  // so that the streams stay in order on a terminal
        complain(io_, tool, error);
        status_ = std::max(status_, status);
    }

    int status() const noexcept { return status_; }

  private:
    std::string text_of(const probe::Lookup& lookup) {
        if (asked_.short_form || (asked_.common.quiet && !asked_.long_form))
            return showip_short(lookup);
        const bool emphasis = asked_.common.colored(io_.out);
        std::string text = first_ ? "" : "\n";
        first_ = false;
        return text +
               (asked_.long_form ? showip_long(lookup, emphasis) : showip_text(lookup, emphasis));
    }

    const Asked& asked_;
    Io io_;
    bool first_ = true;
    int status_ = exit_ok;
};

// The host of a line; empty where there is none.
std::string_view host_of(std::string_view line) {
    constexpr std::string_view blanks = " \t";
    line = line.substr(0, line.find('#'));
    const std::size_t begin = std::min(line.find_first_not_of(blanks), line.size());
    return line.substr(begin, line.find_last_not_of(blanks) + 1 - begin);
}

void show_host(const Asked& asked, std::string host, Display& display) {
    display.show(probe::look_up({std::move(host), asked.service, asked.hints}));
}

void show_lines(const Asked& asked, int file, Display& display) {
    Lines lines(file);
    while (const auto line = lines.next()) {
        const std::string_view host = host_of(*line);
        if (host.empty())
            continue;
        auto checked = net::check_host(host);
        if (checked) {
            show_host(asked, std::move(*checked), display);
            continue;
        }
        net::Error error = checked.error();
        error.subject = fmt::format("{}:{}", net::escape(asked.file), lines.number());
        display.fail(error, exit_usage);
    }
    if (lines.error())
        display.fail({lines.error(), "read", net::escape(asked.file), {}, {}}, exit_refused);
}

void show_file(const Asked& asked, Io io, Display& display) {
    if (asked.file == "-")
        return show_lines(asked, io.in, display);
    const int file = net::platform::open_file(asked.file);
    if (file < 0)
        return display.fail(
            {net::platform::last_file_error(), "open", net::escape(asked.file), {}, {}},
            exit_refused);
    show_lines(asked, file, display);
    net::platform::close_file(file);
}

// The resolver takes the encoding of international names from the locale; numbers keep their
// decimal point, for nothing but the characters is set.
void use_locale_for_names(const Asked& asked) {
#ifdef AI_IDN
    if ((asked.hints.flags & (AI_IDN | AI_CANONIDN)) != 0)
        std::setlocale(LC_CTYPE, "");
#else
    static_cast<void>(asked);
#endif
}

}  // namespace

int showip(Args args, Io io) {
    Asked asked;
    Cli cli(tool, "Show the addresses that the system's resolver answers for a name.",
            {"[OPTION]... HOST...", "[OPTION]... -f FILE", "--passive [-p SERVICE]"});
    declare(cli, asked);
    if (const auto status = cli.parse(args, io))
        return *status;
    asked.hints.family = net::native_family(asked.common.family);
    asked.hints.flags |= (asked.passive ? AI_PASSIVE : 0) | (asked.canonical ? AI_CANONNAME : 0) |
                         (asked.numeric ? AI_NUMERICHOST : 0);
    if (const std::string mistake = contradiction(asked, cli); !mistake.empty())
        return cli.refuse(io, mistake);
    use_locale_for_names(asked);
    Display display(asked, io);
    if (cli.given("file"))
        show_file(asked, io, display);
    else if (asked.hosts.empty())
        show_host(asked, "", display);
    for (const std::string& host : asked.hosts)
        show_host(asked, *net::check_host(host), display);
    return finish(io, tool, display.status());
}

}  // namespace sockbox::tools
