// Tests of lib/report/html in a real browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <regex>

#include "report/page/html.h"
#include "report/page/live_page.h"
#include "tests/report/runs.h"
#include "tests/support.h"

namespace sockbox::report {
namespace {

namespace fs = std::filesystem;
using test::Ran;
using testing::HasSubstr;
using testing::Not;

constexpr const char* browser = "/usr/bin/chromium";

// A script that inspects the page: visible marks with their sizes, texts that extend beyond their
// chart and, in the light and then the dark theme, the contrast between text and page.
constexpr std::string_view look = R"(<script>
const shown = s => [...document.querySelectorAll(s)].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && getComputedStyle(e).visibility === 'visible'; }).length;
const sticks_out = e => {
  const box = e.getBoundingClientRect(), all = e.closest('svg').getBoundingClientRect();
  return box.left < all.left - 1 || box.right > all.right + 1 || box.top < all.top - 1 ||
         box.bottom > all.bottom + 1; };
const is_named = e => e.getAttribute('aria-labelledby').split(' ')
  .every(id => document.getElementById(id)?.textContent.length > 10);
const all = s => [...document.querySelectorAll(s)];
const light = c => c.match(/\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) / 3;
const colours = () => {
  const page = light(getComputedStyle(document.body).backgroundColor);
  const texts = all('body, td, th, p, svg text').map(
    e => light(e.closest('svg') ? getComputedStyle(e).fill : getComputedStyle(e).color));
  return (page > 128 ? 'light' : 'dark') +
         (texts.every(text => Math.abs(text - page) > 75) ? ' readable' : ' unreadable'); };
const in_light = colours();
for (const rule of document.styleSheets[0].cssRules)
  if (rule.media) rule.media.mediaText = rule.media.mediaText.includes('dark') ? 'all' : 'not all';
const seen = document.createElement('pre');
seen.textContent = `seen: ${shown('svg')} pictures, ${all('svg').filter(is_named).length} named, ` +
  `${shown('svg path.line') > 0} lines, ${shown('svg rect.longest') > 0} bars, ` +
  `${shown('svg path.lost')} lost, ${shown('svg path.late')} late, ` +
  `${shown('svg text.value')} values, ${shown('table.ways td')} of the ways, ` +
  `${shown('.good')} kept, ${shown('td.bad')} bad, ${shown('p.warn')} warned, ` +
  `${all('svg text').filter(sticks_out).length} outside, ` +
  `${in_light}, ${colours()} end`;
document.body.append(seen);
</script>
)";

class Folder {
  public:
    Folder()
        : path_(fs::temp_directory_path() / ("sockbox-browser-" + std::to_string(::getpid()))) {
        fs::create_directories(path_);
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    fs::path operator/(const char* name) const { return path_ / name; }

  private:
    fs::path path_;
};

// The page as rendered by the browser, with its error messages on standard error.
Ran show(const std::string& html, const std::string& size = "--window-size=1000,800") {
    const Folder folder;
    const std::string page = folder / "page.html";
    std::ofstream(page) << html;
    const test::Words words{browser,
                            "--headless",
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-dev-shm-usage",
                            "--no-first-run",
                            "--disable-extensions",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync",
                            "--no-proxy-server",
                            "--disable-features=Translate,MediaRouter,OptimizationHints",
                            "--enable-logging=stderr",
                            "--user-data-dir=" + (folder / "profile").string(),
                            "--blink-settings=preferredColorScheme=1",
                            size,
                            "--dump-dom",
                            "file://" + page};
    // Besides its profile, the browser writes to the home directory.
    return test::Process(
               words, {"HOME=" + (folder / "home").string(), "XDG_CONFIG_HOME=", "XDG_CACHE_HOME="})
        .wait(std::chrono::seconds(60));
}

std::string with_script(std::string html, std::string_view script = look) {
    // The page's policy forbids scripts, so that its content can do no harm; the test needs one.
    html = std::regex_replace(html, std::regex("<meta http-equiv[^\n]*\n"), "");
    return html.insert(html.find("</body>"), script);
}

TEST(HtmlInBrowser, ShowsTheMarksOfEveryRunInLightAndDark) {
    if (!fs::exists(browser))
        GTEST_SKIP() << "chromium is not installed";
    const std::string html =
        to_html(std::array{run_of_nothing(), run_with_losses(), run_each_way()});
    const Ran ran = show(with_script(html));
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.err, Not(HasSubstr("CONSOLE"))) << "the browser complains";
    const std::size_t begin = std::min(ran.out.rfind("seen: "), ran.out.size());
    // Values: p50, p90, p99, p99.9 and the maximum of the first run, and the maximum of the second.
    // Marked as bad: a verdict, the lost and late counts, and the loss in the forward direction.
    EXPECT_EQ(ran.out.substr(begin, ran.out.find("</pre>", begin) - begin),
              "seen: 4 pictures, 4 named, true lines, true bars, 3 lost, 1 late, 6 values, "
              "12 of the ways, 1 kept, 4 bad, 1 warned, "
              "0 outside, light readable, dark readable end");
}

// Rows in their order, whether anything is wider than a narrow screen, and whether all can be read.
constexpr std::string_view look_at_rows = R"(<script>
const all = s => [...document.querySelectorAll(s)];
const light = c => c.match(/\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) / 3;
const readable = () => {
  const page = light(getComputedStyle(document.body).backgroundColor);
  return all('body, td, th, p').every(e => Math.abs(light(getComputedStyle(e).color) - page) > 75); };
const in_light = readable();
for (const rule of document.styleSheets[0].cssRules)
  if (rule.media) rule.media.mediaText = rule.media.mediaText.includes('dark') ? 'all' : 'not all';
const rows = all('tr').slice(1);
const first = rows.slice(0, 3).map(r => r.cells[0].textContent + ' ' + r.cells[1].textContent);
const seen = document.createElement('pre');
seen.textContent = `seen: ${rows.length} rows, ${first.join(', ')}, ` +
  `${all('td svg').filter(e => e.getBoundingClientRect().width > 50).length} pictures, ` +
  `${document.documentElement.scrollWidth <= innerWidth ? 'fits' : 'too wide'}, ` +
  `${in_light && readable() ? 'readable' : 'unreadable'}, ${all('section').length} sections end`;
document.body.append(seen);
</script>
)";

std::string seen_of_live_page(std::size_t servers) {
    LivePage page("udpecho");
    for (std::size_t i = 0; i < servers; ++i) {
        MeasurementReport report = i == 1 ? run_with_losses() : run_of_one();
        report.target = "host" + std::to_string(i) + ":7";
        report.labels = {{"site", "<b>"}};
        report.numbers.outages.answered(std::chrono::milliseconds(10));
        if (i == 2)
            report.numbers.outages.missed(std::chrono::milliseconds(20));
        page.add(report, i);
    }
    std::string html = page.finish();
    EXPECT_THAT(html, HasSubstr("site=&lt;b&gt;"));
    EXPECT_THAT(html, HasSubstr("<meta http-equiv=\"refresh\" content=\"5\">"));
    const Ran ran = show(with_script(std::move(html), look_at_rows), "--window-size=400,800");
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.err, Not(HasSubstr("CONSOLE"))) << "the browser complains";
    const std::size_t begin = std::min(ran.out.rfind("seen: "), ran.out.size());
    return ran.out.substr(begin, ran.out.find("</pre>", begin) - begin);
}

TEST(LivePageInBrowser, ShowsTheWorstServersFirst) {
    if (!fs::exists(browser))
        GTEST_SKIP() << "chromium is not installed";
    EXPECT_EQ(seen_of_live_page(1000),
              "seen: 500 rows, host2:7 down, host1:7 up, host0:7 up, 500 pictures, fits, readable, "
              "0 sections end");
    EXPECT_THAT(seen_of_live_page(3), HasSubstr("host2:7 down, host1:7 up, host0:7 up, "));
}

}  // namespace
}  // namespace sockbox::report
