/// What every story may use: who there is, where they live, what the weather does, how stories begin and end.
///
/// `<hero>` and `<friend>` introduce somebody; they stand once in a story at most.
enum StoryWorld {
    static let text = #"""
        hero, friend (; .he; .him; .his; .child) =
            Lily; she; her; her; girl | Mia; she; her; her; girl | Anna; she; her; her; girl
            | Rosa; she; her; her; girl | Ella; she; her; her; girl | Nora; she; her; her; girl
            | Ruby; she; her; her; girl | Ivy; she; her; her; girl | Clara; she; her; her; girl
            | Maya; she; her; her; girl | Lucy; she; her; her; girl | Daisy; she; her; her; girl
            | Tom; he; him; his; boy | Ben; he; him; his; boy | Max; he; him; his; boy
            | Sam; he; him; his; boy | Leo; he; him; his; boy | Finn; he; him; his; boy
            | Jack; he; him; his; boy | Oscar; he; him; his; boy | Theo; he; him; his; boy
            | Hugo; he; him; his; boy | Noah; he; him; his; boy | Pip; he; him; his; boy
        home = in a small house near the forest | in a little village by the sea | on top of a green hill | at the
            edge of the woods | in a warm cottage by the river | on a quiet farm | at the end of a long road | under
            an old oak tree | next to a deep blue lake | in a town full of gardens
        place = the forest | the meadow | the river | the old mill | the garden | the hill | the lake | the park |
            the market | the beach
        weather = sunny | windy | cold | warm | rainy | bright | foggy | fine

        <trait>
        > kind
        | brave
        | curious
        | shy
        | clever
        | cheerful
        | quiet
        | gentle
        | small
        | happy
        | little
        | young

        <animal>
        > rabbit
        | fox
        | bear
        | mouse
        | duck
        | hedgehog
        | squirrel
        | kitten
        | frog
        | turtle
        | puppy
        | owl
        | badger
        | goose

        <hero>
        > 3* a <trait> <animal> named {hero}
        | 2* a <trait> {hero.child} named {hero}

        <friend>
        > 3* a <trait> <animal> named {friend}
        | 2* a <trait> {friend.child} named {friend}

        <opening>
        > Once upon a time, there was <hero> who lived {home}.
        | Once upon a time, <hero> lived {home}.
        | Once upon a time, there lived <hero>. {hero.he:C} lived {home}.
        | There once was <hero> who lived {home}.
        | Long ago, <hero> lived {home}.

        <ending>
        > That night, {hero} fell asleep with a smile.
        | {hero} and {friend} were friends from that day on.
        | Then {hero} and {friend} went home together, and the stars came out.
        | {hero} never forgot that {weather} day.
        | In the evening, {hero} told {hero.his} mother all about it.

        <moral>
        > The end.
        | And they all lived happily ever after.
        | {hero} knew that a good friend is the best thing in the world.
        | It is good to help each other.
        """#
}
