// Tests of tools/front/whole_file on links, modes, owners, devices, pipes and descriptors.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "paths.h"
#include "tests/peer.h"
#include "tests/support.h"
#include "tools/front/whole_file.h"

namespace sockbox::tools {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFile;
using test::Words;
using testing::HasSubstr;
using testing::StartsWith;

mode_t mode_of(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0);
    return found.st_mode & 07777;
}

TEST(WholeFile, DevicesAreWrittenAsTheyAre) {
    Output standard;
    EXPECT_TRUE(write_whole("/dev/null", "text", "write", standard));
    const auto full = write_whole("/dev/full", "text", "write", standard);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, std::errc::no_space_on_device);
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
    EXPECT_FALSE(is_same_file("/dev/null", "/dev/null"));
}

TEST(WholeFile, LinksStayLinks) {
    const TemporaryFile file("before");
    Output standard;
    const std::string link = file.path() + ".link";
    fs::create_symlink(fs::path(file.path()).filename(), link);
    EXPECT_TRUE(write_whole(link, "after", "write", standard));
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(file.content(), "after");
    EXPECT_TRUE(is_same_file(link, file.path()));
    fs::remove(file.path());
    EXPECT_TRUE(write_whole(link, "again", "write", standard)) << "a link to nothing";
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(file.content(), "again");
    fs::remove(link);
}

// A link under the name of an unfinished file would lead to the file of someone else.
TEST(WholeFile, FollowsNoLinkButItsOwn) {
    const TemporaryFile victim("precious");
    const TemporaryFile file;
    Output standard;
    fs::create_symlink(victim.path(), file.path() + ".new");
    EXPECT_TRUE(can_write_whole(file.path(), "write"));
    EXPECT_TRUE(write_whole(file.path(), "text", "write", standard));
    EXPECT_EQ(victim.content(), "precious");
    EXPECT_TRUE(fs::is_symlink(file.path() + ".new"));
    fs::remove(file.path() + ".new");
}

TEST(WholeFile, ModeAndOwnerStay) {
    const TemporaryFile file("before");
    Output standard;
    ASSERT_EQ(::chmod(file.path().c_str(), 0640), 0);
    const bool is_root = ::geteuid() == 0;
    if (is_root) {
        ASSERT_EQ(::chown(file.path().c_str(), 12345, 54321), 0);
    }
    EXPECT_TRUE(write_whole(file.path(), "after", "write", standard));
    EXPECT_EQ(file.content(), "after");
    EXPECT_EQ(mode_of(file.path()), 0640U);
    struct stat found {};
    ASSERT_EQ(::stat(file.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_uid, is_root ? 12345 : ::geteuid());
}

TEST(WholeFile, ANewFileGetsTheModeOfTheUmask) {
    const TemporaryFile file;
    Output standard;
    fs::remove(file.path());
    const mode_t before = ::umask(027);
    EXPECT_TRUE(write_whole(file.path(), "text", "write", standard));
    ::umask(before);
    EXPECT_EQ(mode_of(file.path()), 0640U);
}

TEST(WholeFile, AProtectedFileIsNotReplaced) {
    if (::geteuid() == 0)
        GTEST_SKIP() << "root may write every file";
    const TemporaryFile file("before");
    Output standard;
    ASSERT_EQ(::chmod(file.path().c_str(), 0444), 0);
    EXPECT_EQ(can_write_whole(file.path(), "write").error().code, std::errc::permission_denied);
    EXPECT_FALSE(write_whole(file.path(), "after", "write", standard));
    EXPECT_EQ(file.content(), "before");
}

TEST(WholeFile, ADescriptorIsWrittenWhereItStands) {
    const TemporaryFile file;
    const int opened = ::open(file.path().c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::write(opened, "before ", 7), 7);
    Output standard;
    EXPECT_TRUE(write_whole(fmt::format("/dev/fd/{}", opened), "after", "write", standard));
    EXPECT_TRUE(write_whole(fmt::format("/proc/self/fd/{}", opened), "!", "write", standard));
    EXPECT_EQ(file.content(), "before after!");
    ::close(opened);
    EXPECT_EQ(can_write_whole(fmt::format("/dev/fd/{}", opened), "write").error().code,
              std::errc::bad_file_descriptor);
}

// A measurement of two round trips; `script` is a shell command line that refers to it as "$@".
test::Ran measure(const std::string& script, const Words& options) {
    auto peer = test::Peer::datagram([](net::Socket& socket, const auto& text, const auto& from) {
        (void)socket.send_to(std::as_bytes(std::span(text)), from);
    });
    Words words{"/bin/bash", "-c", script, "bash", SOCKBOX_BIN_DIR "/udpecho",
                "-c",        "2",  "-i",   "20ms"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"127.0.0.1", peer.port()});
    return test::Process(words).wait();
}

TEST(WholeFile, FilesOnStandardOutputFollowWhatWasPrintedThere) {
    const TemporaryFile file("what was there before is overwritten by the shell");
    for (const std::string& hgrm :
         {std::string("/dev/stdout"), std::string("-"), std::string("/dev/fd/1"), file.path()})
        for (const std::string& to : {">'" + file.path() + "'", ">>'" + file.path() + "'"}) {
            std::ofstream(file.path(), std::ios::trunc).close();
            const auto ran = measure("\"$@\" " + to, {"--hgrm", hgrm});
            EXPECT_EQ(ran.status, exit_ok) << ran.err;
            const std::string text = file.content();
            EXPECT_THAT(text, HasSubstr("seq=1 ")) << hgrm << to;
            const std::size_t summary = text.find(" statistics ---");
            EXPECT_NE(summary, text.npos) << hgrm << to;
            EXPECT_GT(text.find("Percentile"), summary) << hgrm << to;
        }
    const auto piped = measure("\"$@\" | cat", {"--html", "-"});
    EXPECT_THAT(piped.out, HasSubstr("</html>"));
    EXPECT_THAT(piped.out, HasSubstr(" statistics ---"));
}

TEST(WholeFile, PipesAreWritten) {
    const auto ran = measure("\"$@\" --hgrm /dev/fd/3 3> >(cat >&2)", {});
    EXPECT_EQ(ran.status, exit_ok) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("Percentile"));
    const TemporaryFile file;
    const std::string fifo = file.path() + ".fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const auto read =
        measure("cat '" + fifo + "' >&2 & \"$@\"; s=$?; wait; exit $s", {"--hgrm", fifo});
    EXPECT_EQ(read.status, exit_ok);
    EXPECT_THAT(read.err, HasSubstr("Percentile"));
    EXPECT_TRUE(fs::is_fifo(fifo));
    fs::remove(fifo);
}

TEST(WholeFile, AMeasurementRefusesOneFileForTwo) {
    const TemporaryFile file;
    const auto ran = measure("\"$@\"", {"--html", file.path(), "--hgrm", file.path()});
    EXPECT_EQ(ran.status, exit_usage);
    EXPECT_THAT(ran.err, StartsWith("udpecho: --html and --hgrm name the same file\n"));
    const auto reserved = measure("\"$@\"", {"--json", "--html", "-"});
    EXPECT_EQ(reserved.status, exit_usage);
}

TEST(PortFile, ThatSomebodyElseWroteIntoStays) {
    const TemporaryFile file;
    Output out;
    {
        PortFile port;
        ASSERT_TRUE(port.prepare(file.path(), 3490));
        ASSERT_TRUE(port.publish(out));
        EXPECT_EQ(file.content(), "3490\n");
        std::ofstream(file.path()) << "precious\n";
    }
    EXPECT_EQ(file.content(), "precious\n");
}

}  // namespace
}  // namespace sockbox::tools
