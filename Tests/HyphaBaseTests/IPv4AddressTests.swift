// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct IPv4AddressTests {
    @Test func textSurvivesARoundTrip() {
        for text in ["0.0.0.0", "1.2.3.4", "255.255.255.255", "10.0.0.1"] {
            #expect(IPv4Address(text)?.description == text)
        }
        #expect(IPv4Address("1.2.3.4")?.bits == 0x0102_0304)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-0", "1.2.3.+4", "1..2.3",
    ])
    func badTextIsRefused(text: String) { #expect(IPv4Address(text) == nil) }
}
