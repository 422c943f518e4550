// The HepMC file of tests/convert.sh, by the library's writer (apt-get install libhepmc3-dev), and the CSV that it
// should become on standard output; both are kept beside.
//     c++ tests/files/make_hepmc.cpp -o build/make_hepmc -lHepMC3
//     build/make_hepmc tests/files/events.hepmc > tests/files/hepmc.csv
#include <HepMC3/GenEvent.h>
#include <HepMC3/GenParticle.h>
#include <HepMC3/GenVertex.h>
#include <HepMC3/WriterAscii.h>
#include <cmath>
#include <cstdio>
#include <memory>
using namespace HepMC3;

static double uniform() {
    static unsigned state = 1;
    state = state * 1664525u + 1013904223u;
    return state / 4294967296.0;
}
// 12 particles: pions, a muon, an electron, a photon, two neutrinos
int main(int argc, char **argv) {
    static const int ids[12] = { 211, -211, 13, 211, 12, -11, 22, -14, 211, -211, 211, 211 };
    WriterAscii out(argc > 1 ? argv[1] : "events.hepmc");
    out.set_precision(9);
    std::printf("event,pt,eta,phi,e,id,number,weight\n");
    for (int i = 0; i < 3; i++) {
        GenEvent event(Units::MEV, Units::MM); // the reader makes GeV of it
        auto vertex = std::make_shared<GenVertex>();
        event.set_event_number(10 + i);
        event.weights().push_back(0.5 + i);
        for (int side = 1; side > -2; side -= 2)
            vertex->add_particle_in(std::make_shared<GenParticle>(FourVector(0, 0, side * 6.5e6, 6.5e6), 2212, 4));
        for (int id : ids) {
            const double m = id == 22 ? 0 : 139.57, pt = 1e3 * (15 + 60 * uniform()), eta = 4 * uniform() - 2,
                         phi = 6.28 * uniform();
            const FourVector p(pt * std::cos(phi), pt * std::sin(phi), pt * std::sinh(eta),
                std::sqrt(std::pow(pt * std::cosh(eta), 2) + m * m));
            std::printf("%d,%.9g,%.9g,%.9g,%.9g,%d,%d,%g\n", i, pt / 1e3, eta,
                phi > 3.14159265 ? phi - 6.28318531 : phi, p.e() / 1e3, id, 10 + i, 0.5 + i);
            vertex->add_particle_out(std::make_shared<GenParticle>(p, id, 1));
        }
        event.add_vertex(vertex);
        out.write_event(event);
    }
    out.close();
}
