// Tests of lib/probe/lanes/stamp_form with a reflector that counts, without a socket.
#include "probe/lanes/stamp_form.h"

#include <gtest/gtest.h>

namespace sockbox::probe {
namespace {

namespace stamp = net::stamp;

class Session {
  public:
    // Sends a packet, which is lost on the way there, on the way back, or not at all.
    enum class Fate : std::uint8_t { answered, lost_there, lost_back };
    void send(Fate fate) {
        Probe probe;
        std::vector<std::byte> packet(form_.size());
        form_.write(next_, probe, packet);
        if (fate != Fate::lost_there)
            ++counted_;
        if (fate == Fate::answered)
            answer(probe, packet);
        else
            ++measured_.numbers.lost;
        ++next_;
    }
    void send(int count) {
        for (int i = 0; i < count; ++i)
            send(Fate::answered);
    }
    // The packets from now on come from another port, so the reflector counts from 0.
    void continue_from_another_port() {
        form_.on_new_flow();
        counted_ = 0;
    }
    void restart_reflector() { counted_ = 0; }

    stats::Directions result() const {
        Measured copy = measured_;
        form_.add_results(copy);
        return *copy.numbers.directions;
    }

  private:
    void answer(const Probe& probe, std::span<const std::byte> packet) {
        const auto question = *stamp::read_question(packet);
        stamp::Answer answer;
        answer.sequence = static_cast<std::uint32_t>(counted_ - 1);
        answer.time = answer.received = question.time;
        answer.error = question.error;
        answer.question = question;
        std::vector<std::byte> reply(form_.size());
        stamp::write(answer, reply);
        form_.on_answer(next_, probe,
                        {reply, reply.size(), std::chrono::nanoseconds(probe.stamp + 1000),
                         std::chrono::nanoseconds(1000)});
    }

    static StampFormOptions stateful() {
        StampFormOptions options;
        options.stateful = true;
        return options;
    }

    StampForm form_{stateful(), 0};
    Measured measured_;
    std::uint64_t next_ = 0;
    std::uint64_t counted_ = 0;  // by the reflector
};

using Fate = Session::Fate;

TEST(StampForm, AttributesLossesToADirection) {
    Session session;
    session.send(3);
    session.send(Fate::lost_there);
    session.send(Fate::lost_back);
    session.send(Fate::lost_back);
    session.send(1);
    EXPECT_EQ(session.result().forward.lost, 1U);
    EXPECT_EQ(session.result().backward.lost, 2U);
}

TEST(StampForm, KeepsTheLossesOfEarlierSessions) {
    Session session;
    session.send(Fate::lost_there);
    session.send(5);
    session.send(Fate::lost_there);  // the outage: after the latest answer, so in neither direction
    session.continue_from_another_port();
    EXPECT_EQ(session.result().forward.lost, 1U) << "before the first answer";
    session.send(5);
    session.send(Fate::lost_back);
    session.send(1);
    EXPECT_EQ(session.result().forward.lost, 1U);
    EXPECT_EQ(session.result().backward.lost, 1U);
}

TEST(StampForm, RecognizesThatTheReflectorWasStartedAnew) {
    Session session;
    session.send(Fate::lost_there);
    session.send(500);
    session.restart_reflector();
    session.send(5);
    session.send(Fate::lost_there);
    session.send(1);
    EXPECT_EQ(session.result().forward.lost, 2U);
    EXPECT_EQ(session.result().backward.lost, 0U);
}

}  // namespace
}  // namespace sockbox::probe
